#include <ATen/ops/empty.h>

#include "kernels/arithmetic/random_tensor.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/random_tensor.hpp"

namespace ganymede::cuda {
namespace {

RandomBlocks blocks_of(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape) {
  return ganymede::blocks_of(
      stream, first_place, shape[0], c10::multiply_integers(shape.slice(1)),
      stream.on_device.defined() ? stream.on_device.const_data_ptr<std::int64_t>() : nullptr);
}

template <typename Convert>
at::Tensor draw(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                const at::Device& device) {
  const at::Tensor numbers = at::empty(shape, at::TensorOptions(at::kFloat).device(device));
  const RandomBlocks blocks = blocks_of(stream, first_place, shape);
  launch(device, blocks.count(), RandomBlockAt<float, Convert>{blocks, numbers.mutable_data_ptr<float>()});
  return numbers;
}

}  // namespace

at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                           const at::Device& device) {
  return draw<ToNormal>(stream, first_place, shape, device);
}

at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                            const at::Device& device) {
  return draw<ToUniform>(stream, first_place, shape, device);
}

void draw_dropout_mask_(const at::Tensor& mask, const TensorStream& stream, std::int64_t first_place,
                        double probability) {
  const RandomBlocks blocks = blocks_of(stream, first_place, mask.sizes());
  AT_DISPATCH_FLOATING_TYPES(mask.scalar_type(), "draw_dropout_mask", [&] {
    const StoreMask<scalar_t> store{mask.mutable_data_ptr<scalar_t>(), static_cast<float>(probability),
                                    static_cast<scalar_t>(1.0 / (1.0 - probability))};
    launch(mask.device(), blocks.count(), DropoutBlockAt<scalar_t>{blocks, store});
  });
}

}  // namespace ganymede::cuda
