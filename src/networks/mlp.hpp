// Multi-layer perceptrons, the networks of tutorial §1.2.
#pragma once

#include "base/image_shape.hpp"
#include "networks/network.hpp"

namespace ganymede {

// noise [rows, noise_size] to images [rows, channels, height, width]: linear layers with ReLU between them,
// tanh at the end.
struct MlpGeneratorOptions {
  std::int64_t noise_size = 100;
  std::vector<std::int64_t> hidden_sizes = {256, 512};
};

// Images [rows, channels, height, width] to logits [rows, 1]: linear layers with ReLU between them. The
// tutorial's sigmoid belongs to the loss.
struct MlpDiscriminatorOptions {
  std::vector<std::int64_t> hidden_sizes = {512, 256};
};

std::shared_ptr<Network> make_mlp_generator(const MlpGeneratorOptions& options, const ImageShape& shape,
                                            std::uint64_t seed);
std::shared_ptr<Network> make_mlp_discriminator(const MlpDiscriminatorOptions& options,
                                                const ImageShape& shape, std::uint64_t seed);

}  // namespace ganymede
