#include "kernels/plane_normalization.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {
namespace {

const std::array<std::int64_t, 2> kPixels{2, 3};

at::Tensor of_planes(const at::Tensor& statistics, std::int64_t which, const at::Tensor& images) {
  return statistics.select(1, which).view({images.size(0), images.size(1), 1, 1});
}

}  // namespace

NormalizedPlanes normalize_planes(const at::Tensor& images, double slope_below_zero) {
  const at::NoGradGuard no_grad;
  const auto [variance, mean] = at::var_mean(images, kPixels, /*correction=*/0, /*keepdim=*/true);
  const at::Tensor scale = (variance + kPlaneEpsilon).rsqrt_();
  at::Tensor output = (images - mean).mul_(scale);
  if (slope_below_zero != 1) output = at::leaky_relu(output, slope_below_zero);
  return {.output = output, .statistics = at::stack({mean.flatten(), scale.flatten()}, 1)};
}

at::Tensor normalize_planes_backward(const at::Tensor& gradient, const at::Tensor& images,
                                     const at::Tensor& statistics, double slope_below_zero) {
  const at::NoGradGuard no_grad;
  const at::Tensor scale = of_planes(statistics, 1, images);
  const at::Tensor normal = (images - of_planes(statistics, 0, images)).mul_(scale);
  const at::Tensor before = at::leaky_relu_backward(gradient, normal, slope_below_zero,
                                                    /*self_is_result=*/false);
  const at::Tensor product = (before * normal).mean(kPixels, /*keepdim=*/true);
  return (before - before.mean(kPixels, /*keepdim=*/true)).sub_(normal * product).mul_(scale);
}

}  // namespace ganymede::plain
