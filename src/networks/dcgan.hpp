// The DCGAN pair of tutorial §4.1 (Radford et al. 2015, in the sizes of the TensorFlow tutorial), with
// Keras's defaults: LeakyReLU slope 0.3, batch normalisation epsilon 1e-3 and momentum 0.99 (0.01 here, where
// it weighs the newest batch), Glorot uniform weights, zero biases.
//
// Keras pads "same" at stride 2 by 1 before and 2 after; padding 2 (and output_padding 1 in the transposed
// convolutions) is its mirror image, equal up to a flip of the kernels.
#pragma once

#include "networks/batch_normalization.hpp"
#include "networks/network_setting.hpp"

namespace ganymede {

// noise [rows, noise_size] to images [rows, channels, height, width]; height and width are multiples of 4.
// Dense to 256 x h/4 x w/4, then transposed convolutions 5x5 to 128 (stride 1), 64 (stride 2) and the image's
// channels (stride 2), no biases; batch normalisation over all ranks and LeakyReLU between, tanh at the end.
struct DcganGeneratorOptions {
  std::int64_t noise_size = 100;
  BatchStatistics batch_normalization = BatchStatistics::global;
};

// Images to logits [rows, 1]: convolutions 5x5 stride 2 to 64 and 128 channels, each with LeakyReLU and
// dropout, then a dense layer.
struct DcganDiscriminatorOptions {
  double dropout = 0.3;
};

// Throw UserError if the shape does not suit the network.
std::shared_ptr<Network> make_network(const DcganGeneratorOptions& options, const NetworkSetting& setting);
std::shared_ptr<Network> make_network(const DcganDiscriminatorOptions& options,
                                      const NetworkSetting& setting);

}  // namespace ganymede
