#include "networks/instance_normalization.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "kernels/plane_normalization.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct InstanceNormalization : torch::autograd::Function<InstanceNormalization> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, double slope) {
    const at::Tensor images = input.contiguous();
    const NormalizedPlanes normalized = normalize_planes(images, slope);
    context->saved_data["slope"] = slope;
    context->save_for_backward({images, normalized.statistics});
    return normalized.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    ensure(!at::GradMode::is_enabled(), "instance normalisation is differentiated once");
    const variable_list saved = context->get_saved_variables();
    return {normalize_planes_backward(gradients[0].contiguous(), saved[0], saved[1],
                                      context->saved_data["slope"].toDouble()),
            at::Tensor()};
  }
};

}  // namespace

at::Tensor instance_normalization(const at::Tensor& input, double slope_below_zero) {
  if (!at::GradMode::is_enabled()) return normalize_planes(input.contiguous(), slope_below_zero).output;
  return InstanceNormalization::apply(input, slope_below_zero);
}

}  // namespace ganymede
