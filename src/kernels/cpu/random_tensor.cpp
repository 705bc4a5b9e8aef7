// Compiled with -O3: vectorised.
#include "kernels/random_tensor.hpp"

#include <ATen/Dispatch.h>

#include <algorithm>
#include <vector>

#include "base/vectorised.hpp"

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

#define GANYMEDE_KEEP_FROM(T)                                                                           \
  GANYMEDE_VECTORISED void keep_from(const float* numbers, std::int64_t count, float threshold, T kept, \
                                     T* values) {                                                       \
    for (std::int64_t i = 0; i < count; ++i) values[i] = numbers[i] >= threshold ? kept : T(0);         \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_KEEP_FROM)

}  // namespace

at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                           const at::Device&) {
  return draw(stream, &RandomStream::normal, first_place, shape);
}

at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                            const at::Device&) {
  return draw(stream, &RandomStream::uniform, first_place, shape);
}

void draw_dropout_mask_(const at::Tensor& mask, const TensorStream& stream, std::int64_t first_place,
                        double probability) {
  if (mask.numel() == 0) return;
  // Place by place, or more at once, so that what is drawn stays near.
  constexpr std::int64_t kNear = 8192;
  const std::int64_t rows = mask.size(0), elements = mask.numel() / rows,
                     places = std::clamp<std::int64_t>(kNear / elements, 1, rows);
  std::vector<float> uniform(static_cast<std::size_t>(places * elements));
  AT_DISPATCH_FLOATING_TYPES(mask.scalar_type(), "draw_dropout_mask", [&] {
    auto* values = mask.mutable_data_ptr<scalar_t>();
    const auto scale = static_cast<scalar_t>(1.0 / (1.0 - probability));
    for (std::int64_t place = 0; place < rows; place += places) {
      const std::int64_t count = std::min(places, rows - place) * elements;
      stream.uniform({uniform.data(), static_cast<std::size_t>(count)},
                     static_cast<std::uint32_t>(first_place + place), elements);
      keep_from(uniform.data(), count, static_cast<float>(probability), scale, values + place * elements);
    }
  });
}

}  // namespace ganymede::cpu
