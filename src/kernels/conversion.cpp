#include "kernels/conversion.hpp"

#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

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

bool is_channels_last(const at::Tensor& images) {
  return images.is_contiguous(at::MemoryFormat::ChannelsLast);
}

// Images of bfloat16 with their channels innermost, as products take them, and of float32 with them
// outermost: either way in loops of our own, image by image, so that what is turned stays near. visit(place
// of an image, memory for one) goes over them.
template <typename Visit>
void for_each_image(const at::Tensor& images, const Visit& visit) {
  const std::int64_t size = images.size(1) * images.size(2) * images.size(3);
  at::parallel_for(0, images.size(0), 1, [&](std::int64_t begin, std::int64_t end) {
    std::vector<at::BFloat16> memory(static_cast<std::size_t>(size));
    for (std::int64_t row = begin; row < end; ++row) visit(row * size, memory.data());
  });
}

bool turns(const at::Tensor& from, const at::Tensor& to) {
  if (from.dim() != 4 || from.sizes() != to.sizes()) return false;
  const std::int64_t channels = from.size(1), pixels = from.size(2) * from.size(3);
  if (from.scalar_type() == at::kFloat && to.scalar_type() == at::kBFloat16 && from.is_contiguous() &&
      is_channels_last(to)) {
    const auto* source = from.const_data_ptr<float>();
    auto* target = to.mutable_data_ptr<at::BFloat16>();
    for_each_image(from, [&](std::int64_t place, at::BFloat16* rounded) {
      cpu::convert(source + place, rounded, channels * pixels);
      cpu::transpose(rounded, pixels, channels, pixels, target + place, channels);
    });
    return true;
  }
  if (from.scalar_type() == at::kBFloat16 && to.scalar_type() == at::kFloat && is_channels_last(from) &&
      to.is_contiguous()) {
    const auto* source = from.const_data_ptr<at::BFloat16>();
    auto* target = to.mutable_data_ptr<float>();
    for_each_image(from, [&](std::int64_t place, at::BFloat16* turned) {
      cpu::transpose(source + place, channels, pixels, channels, turned, pixels);
      cpu::convert(turned, target + place, channels * pixels);
    });
    return true;
  }
  return false;
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
  if (form_of("convert_into", to, from) == Form::cpu &&
      ((are_laid_out_alike(from, to) &&
        (converts<float, at::BFloat16>(from, to) || converts<at::BFloat16, float>(from, to))) ||
       turns(from, to)))
    return;
  to.copy_(from);
}

}  // namespace ganymede
