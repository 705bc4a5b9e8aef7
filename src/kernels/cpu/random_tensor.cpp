#include "kernels/random_tensor.hpp"

#include <ATen/Dispatch.h>

namespace ganymede::cpu {
namespace {

using Fill = void (RandomStream::*)(std::span<float>, std::uint32_t, std::int64_t) const;

at::Tensor draw(const RandomStream& stream, Fill fill, std::int64_t first_place, at::IntArrayRef shape) {
  at::Tensor numbers = at::empty(shape, at::kFloat);
  if (numbers.numel() == 0) return numbers;
  (stream.*fill)({numbers.mutable_data_ptr<float>(), static_cast<std::size_t>(numbers.numel())},
                 static_cast<std::uint32_t>(first_place), numbers.numel() / shape[0]);
  return numbers;
}

}  // namespace

at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                           const at::Device&) {
  return draw(stream, &RandomStream::normal, first_place, shape);
}

at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                            const at::Device&) {
  return draw(stream, &RandomStream::uniform, first_place, shape);
}

at::Tensor draw_dropout_mask(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                             double probability, const at::TensorOptions& options) {
  const at::Tensor uniform = draw(stream, &RandomStream::uniform, first_place, shape);
  at::Tensor mask = at::empty(shape, options);
  AT_DISPATCH_FLOATING_TYPES(mask.scalar_type(), "draw_dropout_mask", [&] {
    const auto* numbers = uniform.const_data_ptr<float>();
    auto* values = mask.mutable_data_ptr<scalar_t>();
    const auto threshold = static_cast<float>(probability);
    const auto scale = static_cast<scalar_t>(1.0 / (1.0 - probability));
    for (std::int64_t i = 0; i < mask.numel(); ++i) values[i] = numbers[i] >= threshold ? scale : scalar_t(0);
  });
  return mask;
}

}  // namespace ganymede::cpu
