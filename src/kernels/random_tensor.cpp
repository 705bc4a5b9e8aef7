#include "kernels/random_tensor.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

void check_places(std::int64_t first_place, at::IntArrayRef shape) {
  ensure(first_place >= 0 && first_place + shape[0] < (std::int64_t{1} << 32), "places fit 32 bits");
}

}  // namespace

at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                           const at::Device& device) {
  check_places(first_place, shape);
  return GANYMEDE_IN_FORM_OR_CUDA(form_on(device), standard_normal, stream, first_place, shape, device);
}

at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                            const at::Device& device) {
  check_places(first_place, shape);
  return GANYMEDE_IN_FORM_OR_CUDA(form_on(device), standard_uniform, stream, first_place, shape, device);
}

at::Tensor draw_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                       const at::TensorOptions& options) {
  return standard_normal(stream, first_place, shape, options.device()).to(options.dtype());
}

at::Tensor draw_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                        double low, double high, const at::TensorOptions& options) {
  return standard_uniform(stream, first_place, shape, options.device())
      .to(options.dtype())
      .mul_(high - low)
      .add_(low);
}

void draw_dropout_mask_(const at::Tensor& mask, const TensorStream& stream, std::int64_t first_place,
                        double probability) {
  check_places(first_place, mask.sizes());
  ensure(mask.is_contiguous(), "a mask's numbers lie in order");
  GANYMEDE_IN_FORM_OR_CUDA(form_on(mask.device()), draw_dropout_mask_, mask, stream, first_place,
                           probability);
}

}  // namespace ganymede
