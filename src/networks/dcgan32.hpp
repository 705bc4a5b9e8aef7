// The DCGAN of Radford et al. 2015 for 32 x 32 colour images: 4 x 4 kernels, stride 2, weights from
// N(0, 0.02), in the channel counts that DCGAN studies use for CIFAR-10.
#pragma once

#include "networks/batch_normalization.hpp"
#include "networks/network_setting.hpp"

namespace ganymede {

// noise [rows, noise_size] to images [rows, channels, 32, 32]: dense to 4 width x 4 x 4, then transposed
// convolutions to 2 width, width and the image's channels; batch normalisation and ReLU between, tanh at the
// end.
struct Dcgan32GeneratorOptions {
  std::int64_t noise_size = 100;
  std::int64_t width = 64;  // channels of the largest feature map, the last one before the image
  BatchStatistics batch_normalization = BatchStatistics::global;
  static constexpr std::int64_t kNormalizedTogether = 4 * 4;  // see registry.hpp
};

// Images [rows, channels, 32, 32] to logits [rows, 1]: convolutions to width, 2 width and 4 width channels
// with LeakyReLU 0.2 and batch normalisation on all but the first (none where batch_normalization is left
// out, as gradient penalties want it), then a dense layer.
struct Dcgan32DiscriminatorOptions {
  std::int64_t width = 64;
  std::optional<BatchStatistics> batch_normalization = {};
  static constexpr std::int64_t kNormalizedTogether = 4 * 4;
};

// Throw UserError if the images are not 32 x 32.
std::shared_ptr<Network> make_network(const Dcgan32GeneratorOptions& options, const NetworkSetting& setting);
std::shared_ptr<Network> make_network(const Dcgan32DiscriminatorOptions& options,
                                      const NetworkSetting& setting);

}  // namespace ganymede
