#include "networks/reflection_padding.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::array<std::int64_t, 4> all_sides(std::int64_t margin) {
  return {margin, margin, margin, margin};
}

// What reached the mirrored margins of a dimension goes to where they came from.
at::Tensor fold_margins(const at::Tensor& gradient, int dimension, std::int64_t margin) {
  const std::int64_t size = gradient.size(dimension) - 2 * margin;
  const auto mirrored = [&](std::int64_t begin) {
    return gradient.narrow(dimension, begin, margin).flip(dimension);
  };
  at::Tensor folded = gradient.narrow(dimension, margin, size).clone();
  folded.narrow(dimension, 1, margin).add_(mirrored(0));
  folded.narrow(dimension, size - 1 - margin, margin).add_(mirrored(margin + size));
  return folded;
}

struct ReflectionOnDevice : torch::autograd::Function<ReflectionOnDevice> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& images, std::int64_t margin) {
    context->save_for_backward({images});
    context->saved_data["margin"] = margin;
    return at::reflection_pad2d(images, all_sides(margin));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const std::int64_t margin = context->saved_data["margin"].toInt();
    if (at::GradMode::is_enabled())  // to be differentiated again
      return {
          at::reflection_pad2d_backward(gradients[0], context->get_saved_variables()[0], all_sides(margin)),
          {}};
    return {fold_margins(fold_margins(gradients[0], 2, margin), 3, margin), {}};
  }
};

}  // namespace

at::Tensor pad_by_reflection(const at::Tensor& images, std::int64_t margin) {
  return images.is_cpu() ? at::reflection_pad2d(images, all_sides(margin))
                         : ReflectionOnDevice::apply(images, margin);
}

}  // namespace ganymede
