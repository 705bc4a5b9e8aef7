#include "kernels/conversion.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include "kernels/cpu/bfloat16.hpp"
#include "kernels/form.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// In a loop of our own, if there is one for these two.
template <typename From, typename To>
bool converts(const at::Tensor& from, const at::Tensor& to) {
  constexpr std::int64_t kNumbersAThread = 1 << 15;
  if (from.scalar_type() != c10::CppTypeToScalarType<From>::value ||
      to.scalar_type() != c10::CppTypeToScalarType<To>::value)
    return false;
  const From* source = from.const_data_ptr<From>();
  To* target = to.mutable_data_ptr<To>();
  at::parallel_for(0, from.numel(), kNumbersAThread, [&](std::int64_t begin, std::int64_t end) {
    cpu::convert(source + begin, target + begin, end - begin);
  });
  return true;
}

bool are_laid_out_alike(const at::Tensor& from, const at::Tensor& to) {
  return from.is_non_overlapping_and_dense() && from.sizes() == to.sizes() && from.strides() == to.strides();
}

at::Tensor copy_in(const at::Tensor& numbers, at::ScalarType dtype) {
  at::Tensor copy = at::empty_like(numbers, dtype);
  convert_into(copy, numbers);
  return copy;
}

struct Conversion : torch::autograd::Function<Conversion> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& numbers, at::ScalarType dtype) {
    context->saved_data["from"] = static_cast<std::int64_t>(numbers.scalar_type());
    return copy_in(numbers, dtype);
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    return {converted(gradients[0], static_cast<at::ScalarType>(context->saved_data["from"].toInt())), {}};
  }
};

}  // namespace

at::Tensor converted(const at::Tensor& numbers, at::ScalarType dtype) {
  if (numbers.scalar_type() == dtype || form_of("converted", numbers) != Form::cpu) return numbers.to(dtype);
  if (at::GradMode::is_enabled() && numbers.requires_grad()) return Conversion::apply(numbers, dtype);
  return copy_in(numbers, dtype);
}

void convert_into(const at::Tensor& to, const at::Tensor& from) {
  const at::NoGradGuard no_grad;
  if (form_of("convert_into", to, from) == Form::cpu && are_laid_out_alike(from, to) &&
      (converts<float, at::BFloat16>(from, to) || converts<at::BFloat16, float>(from, to)))
    return;
  to.copy_(from);
}

}  // namespace ganymede
