#include "networks/translation_networks.hpp"

#include "base/error.hpp"
#include "networks/convolution.hpp"
#include "networks/dropout.hpp"
#include "networks/initialization.hpp"
#include "networks/instance_normalization.hpp"
#include "networks/reflection_padding.hpp"
#include "networks/spectral_normalization.hpp"

namespace ganymede {
namespace {

constexpr double kTranslationDeviation = 0.02;
constexpr double kReluSlope = 0, kPatchSlope = 0.2;

struct Kernel {
  std::int64_t side, stride = 1, padding = 0;
  bool bias = false;
};

torch::nn::Conv2d convolution_of(std::int64_t in, std::int64_t out, const Kernel& kernel) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel.side)
                               .stride(kernel.stride)
                               .padding(kernel.padding)
                               .bias(kernel.bias));
}

// Doubles both sides.
torch::nn::ConvTranspose2d enlarging(std::int64_t in, std::int64_t out) {
  return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, 3).stride(2).padding(1).output_padding(1).bias(false));
}

// Keeps the sides: the image goes on beyond its edges as its mirror image.
at::Tensor reflecting_convolution(const torch::nn::Conv2d& layer, const at::Tensor& images) {
  const std::int64_t margin = (*layer->options.kernel_size())[0] / 2;
  return convolution(layer, pad_by_reflection(images, margin));
}

class ResnetGenerator final : public Network {
 public:
  ResnetGenerator(const ResnetGeneratorOptions& options, std::int64_t input_channels,
                  const NetworkSetting& setting)
      : dropout_(options.dropout), id_(setting.id) {
    const std::int64_t width = options.width;
    first_ = register_module("first", convolution_of(input_channels, width, {.side = 7}));
    const Kernel halving{.side = 3, .stride = 2, .padding = 1};
    shrinking1_ = register_module("shrinking1", convolution_of(width, 2 * width, halving));
    shrinking2_ = register_module("shrinking2", convolution_of(2 * width, 4 * width, halving));
    for (std::int64_t block = 0; block < options.residual_blocks; ++block)
      for (const int part : {1, 2})
        blocks_.push_back(register_module(fmt::format("block{}_convolution{}", block + 1, part),
                                          convolution_of(4 * width, 4 * width, {.side = 3})));
    enlarging1_ = register_module("enlarging1", enlarging(4 * width, 2 * width));
    enlarging2_ = register_module("enlarging2", enlarging(2 * width, width));
    last_ = register_module("last", convolution_of(width, setting.shape.channels, {.side = 7, .bias = true}));
  }

  at::Tensor forward(const at::Tensor& images, const ForwardContext& context) override {
    at::Tensor x = instance_normalization(reflecting_convolution(first_, images), kReluSlope);
    x = instance_normalization(convolution(shrinking1_, x), kReluSlope);
    x = instance_normalization(convolution(shrinking2_, x), kReluSlope);
    for (std::size_t block = 0; 2 * block < blocks_.size(); ++block) {
      at::Tensor y = instance_normalization(reflecting_convolution(blocks_[2 * block], x), kReluSlope);
      y = dropout(y, dropout_, id_, static_cast<std::uint8_t>(block), context);
      x = x + instance_normalization(reflecting_convolution(blocks_[2 * block + 1], y));
    }
    x = instance_normalization(transposed_convolution(enlarging1_, x), kReluSlope);
    x = instance_normalization(transposed_convolution(enlarging2_, x), kReluSlope);
    return reflecting_convolution(last_, x).tanh();
  }

  std::int64_t hidden_layers() const override { return 0; }

 private:
  const double dropout_;
  const StreamCode id_;
  torch::nn::Conv2d first_{nullptr}, shrinking1_{nullptr}, shrinking2_{nullptr}, last_{nullptr};
  std::vector<torch::nn::Conv2d> blocks_;  // two a block
  torch::nn::ConvTranspose2d enlarging1_{nullptr}, enlarging2_{nullptr};
};

class PatchDiscriminator final : public Network {
 public:
  PatchDiscriminator(const PatchDiscriminatorOptions& options, const NetworkSetting& setting) {
    std::int64_t channels = setting.shape.channels;
    for (std::int64_t layer = 0; layer <= options.layers; ++layer) {
      const std::int64_t out = options.width * std::min<std::int64_t>(std::int64_t{1} << layer, 8);
      const std::int64_t stride = layer < options.layers ? 2 : 1;
      convolutions_.push_back(register_module(
          fmt::format("convolution{}", layer + 1),
          convolution_of(channels, out, {.side = 4, .stride = stride, .padding = 1, .bias = layer == 0})));
      channels = out;
    }
    last_ = register_module("last", convolution_of(channels, 1, {.side = 4, .padding = 1, .bias = true}));
  }

  at::Tensor forward(const at::Tensor& images, const ForwardContext&) override {
    at::Tensor x = at::leaky_relu(convolution(convolutions_.front(), images), kPatchSlope);
    for (std::size_t layer = 1; layer < convolutions_.size(); ++layer)
      x = instance_normalization(convolution(convolutions_[layer], x), kPatchSlope);
    return convolution(last_, x);
  }

  std::int64_t hidden_layers() const override { return 0; }

 private:
  std::vector<torch::nn::Conv2d> convolutions_;
  torch::nn::Conv2d last_{nullptr};
};

std::shared_ptr<Network> make_network(const ResnetGeneratorOptions& options, std::int64_t input_channels,
                                      const NetworkSetting& setting) {
  const std::int64_t height = setting.shape.height, width = setting.shape.width;
  require(height % 4 == 0 && width % 4 == 0 && height >= 8 && width >= 8,
          "resnet is for images whose sides are multiples of 4, and 8 at least; the dataset's are {} x {}: "
          "import the images in another size",
          height, width);
  return std::make_shared<ResnetGenerator>(options, input_channels, setting);
}

// Of what the stride-1 convolutions see. Instance normalisation needs more than one value behind them.
std::shared_ptr<Network> make_network(const PatchDiscriminatorOptions& options,
                                      const NetworkSetting& setting) {
  const std::int64_t height = setting.shape.height, width = setting.shape.width;
  constexpr std::int64_t kLeastSide = 3;
  require(std::min(height, width) >> options.layers >= kLeastSide,
          "patchgan has {} layers, each of which halves the images, {} x {}; expected sides of {} at least "
          "behind them: take fewer layers, or import larger images",
          options.layers, height, width, kLeastSide);
  return std::make_shared<PatchDiscriminator>(options, setting);
}

std::shared_ptr<Network> finish(std::shared_ptr<Network> network, bool spectral_normalization,
                                const NetworkSetting& setting, const at::TensorOptions& compute) {
  initialize_normal(*network, kTranslationDeviation, setting.seed, setting.id);
  move_to(*network, compute);
  return spectral_normalization ? normalize_spectrally(std::move(network), setting.seed, setting.id)
                                : network;
}

}  // namespace

std::shared_ptr<Network> make_translator(const TranslatorOptions& options, bool spectral_normalization,
                                         std::int64_t input_channels, const NetworkSetting& setting,
                                         const at::TensorOptions& compute) {
  return finish(
      std::visit([&](const auto& one) { return make_network(one, input_channels, setting); }, options),
      spectral_normalization, setting, compute);
}

std::shared_ptr<Network> make_patch_judge(const PatchJudgeOptions& options, bool spectral_normalization,
                                          const NetworkSetting& setting, const at::TensorOptions& compute) {
  return finish(std::visit([&](const auto& one) { return make_network(one, setting); }, options),
                spectral_normalization, setting, compute);
}

}  // namespace ganymede
