#include "kernels/plane_normalization.hpp"

namespace ganymede {

NormalizedPlanes normalize_planes(const at::Tensor& images, double slope_below_zero) {
  return GANYMEDE_IN_FORM(form_of("normalize_planes", images), normalize_planes, images, slope_below_zero);
}

at::Tensor normalize_planes_backward(const at::Tensor& gradient, const at::Tensor& images,
                                     const at::Tensor& statistics, double slope_below_zero) {
  const Form form = form_of("normalize_planes_backward", gradient, images, statistics);
  return GANYMEDE_IN_FORM(form, normalize_planes_backward, gradient, images, statistics, slope_below_zero);
}

}  // namespace ganymede
