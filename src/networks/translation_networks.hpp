// Networks that translate images of one domain into another (Zhu et al. 2017, "Unpaired Image-to-Image
// Translation using Cycle-Consistent Adversarial Networks", appendix 7.2), with instance normalisation after
// every convolution but the discriminator's first and the last of both. Initial weights are from N(0, 0.02).
// Where instance normalisation follows, a convolution has no bias: it would take it away.
#pragma once

#include <variant>

#include "networks/network_setting.hpp"

namespace ganymede {

// Images of the one domain to images of the other, of the same height and width, both multiples of 4 and at
// least 8: a 7 x 7 convolution to `width` channels, two of 3 x 3 and stride 2 that each double the channels,
// residual blocks, two transposed convolutions back, and a 7 x 7 convolution with tanh. Edges are reflected
// where the stride is 1. The paper has width 64, and 6 blocks for 128 x 128, 9 for 256 x 256.
struct ResnetGeneratorOptions {
  std::int64_t width = 32;
  std::int64_t residual_blocks = 3;
  double dropout = 0;  // after the first convolution of each block
};

// Images to logits [rows, 1, height, width], one a patch (PatchGAN, Isola et al. 2017): `layers` convolutions
// of 4 x 4 and stride 2 from `width` channels on, doubled by each up to 8 x width, then two of stride 1;
// LeakyReLU 0.2. With 3 layers, the paper's number, a logit sees 70 x 70 pixels, with 2 it sees 34 x 34, with
// 1 16 x 16.
struct PatchDiscriminatorOptions {
  std::int64_t width = 32;
  std::int64_t layers = 2;
};

using TranslatorOptions = std::variant<ResnetGeneratorOptions>;
using PatchJudgeOptions = std::variant<PatchDiscriminatorOptions>;

// A generator of setting.shape from images of so many channels. Throw UserError where options and shape do
// not go together.
std::shared_ptr<Network> make_translator(const TranslatorOptions& options, bool spectral_normalization,
                                         std::int64_t input_channels, const NetworkSetting& setting,
                                         const at::TensorOptions& compute);
std::shared_ptr<Network> make_patch_judge(const PatchJudgeOptions& options, bool spectral_normalization,
                                          const NetworkSetting& setting, const at::TensorOptions& compute);

}  // namespace ganymede
