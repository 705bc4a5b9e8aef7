#include "networks/dcgan32.hpp"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "base/error.hpp"
#include "networks/convolution.hpp"
#include "networks/initialization.hpp"
#include "networks/linear.hpp"

namespace ganymede {
namespace {

constexpr double kDcgan32Slope = 0.2;
constexpr double kWeightDeviation = 0.02;
constexpr std::int64_t kSide = 32, kFirstSide = 4;

void require_side(const NetworkSetting& setting, const char* network) {
  require(setting.shape.height == kSide && setting.shape.width == kSide,
          "{} is for images of 32 x 32; the dataset's are {} x {}: choose another network, or import the "
          "images in another size",
          network, setting.shape.height, setting.shape.width);
}

// Doubles both sides.
torch::nn::ConvTranspose2d make_transposed(std::int64_t in, std::int64_t out, bool bias) {
  return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1).bias(bias));
}

// Halves both sides.
torch::nn::Conv2d make_convolution(std::int64_t in, std::int64_t out, bool bias) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 4).stride(2).padding(1).bias(bias));
}

class Dcgan32Generator final : public Network {
 public:
  Dcgan32Generator(const Dcgan32GeneratorOptions& options, const NetworkSetting& setting)
      : first_channels_(4 * options.width) {
    const std::int64_t width = options.width;
    const auto normalization = [&](const char* name, std::int64_t channels) {
      return register_module(
          name, std::make_shared<BatchNormalization>(
                    channels, BatchNormalizationOptions{.statistics = options.batch_normalization},
                    setting.communicator));
    };
    dense_ = register_module(
        "dense", torch::nn::Linear(torch::nn::LinearOptions(options.noise_size + setting.condition_size,
                                                            first_channels_ * kFirstSide * kFirstSide)
                                       .bias(false)));
    normalization0_ = normalization("normalization0", first_channels_);
    transposed1_ = register_module("transposed1", make_transposed(first_channels_, 2 * width, false));
    normalization1_ = normalization("normalization1", 2 * width);
    transposed2_ = register_module("transposed2", make_transposed(2 * width, width, false));
    normalization2_ = normalization("normalization2", width);
    transposed3_ = register_module("transposed3", make_transposed(width, setting.shape.channels, true));
  }

  at::Tensor forward(const at::Tensor& noise, const ForwardContext& context) override {
    at::Tensor x = linear(dense_, with_condition(noise, context));
    x = x.view({-1, first_channels_, kFirstSide, kFirstSide});
    x = normalization0_->forward(x, context.training, /*slope_below_zero=*/0);
    offer_hidden(x, context);
    x = normalization1_->forward(transposed_convolution(transposed1_, x), context.training,
                                 /*slope_below_zero=*/0);
    offer_hidden(x, context);
    x = normalization2_->forward(transposed_convolution(transposed2_, x), context.training,
                                 /*slope_below_zero=*/0);
    offer_hidden(x, context);
    return transposed_convolution(transposed3_, x).tanh();
  }

  std::int64_t hidden_layers() const override { return 3; }

 private:
  const std::int64_t first_channels_;
  torch::nn::Linear dense_{nullptr};
  torch::nn::ConvTranspose2d transposed1_{nullptr}, transposed2_{nullptr}, transposed3_{nullptr};
  std::shared_ptr<BatchNormalization> normalization0_, normalization1_, normalization2_;
};

class Dcgan32Discriminator final : public Network {
 public:
  Dcgan32Discriminator(const Dcgan32DiscriminatorOptions& options, const NetworkSetting& setting) {
    const std::int64_t width = options.width;
    const bool normalized = options.batch_normalization.has_value();
    const std::int64_t channels = setting.shape.channels + setting.condition_size;
    convolution1_ = register_module("convolution1", make_convolution(channels, width, true));
    convolution2_ = register_module("convolution2", make_convolution(width, 2 * width, !normalized));
    convolution3_ = register_module("convolution3", make_convolution(2 * width, 4 * width, !normalized));
    dense_ = register_module("dense", torch::nn::Linear(4 * width * kFirstSide * kFirstSide, 1));
    if (!normalized) return;
    const BatchNormalizationOptions statistics{.statistics = *options.batch_normalization};
    normalization2_ = register_module(
        "normalization2", std::make_shared<BatchNormalization>(2 * width, statistics, setting.communicator));
    normalization3_ = register_module(
        "normalization3", std::make_shared<BatchNormalization>(4 * width, statistics, setting.communicator));
  }

  at::Tensor forward(const at::Tensor& images, const ForwardContext& context) override {
    at::Tensor x = at::leaky_relu(convolution(convolution1_, with_condition(images, context)), kDcgan32Slope);
    offer_hidden(x, context);
    x = activate(normalization2_, convolution(convolution2_, x), context);
    offer_hidden(x, context);
    x = activate(normalization3_, convolution(convolution3_, x), context);
    offer_hidden(x, context);
    return linear(dense_, x.flatten(1));
  }

  std::int64_t hidden_layers() const override { return 3; }

 private:
  static at::Tensor activate(const std::shared_ptr<BatchNormalization>& normalization, const at::Tensor& x,
                             const ForwardContext& context) {
    return normalization ? normalization->forward(x, context.training, kDcgan32Slope)
                         : at::leaky_relu(x, kDcgan32Slope);
  }

  torch::nn::Conv2d convolution1_{nullptr}, convolution2_{nullptr}, convolution3_{nullptr};
  std::shared_ptr<BatchNormalization> normalization2_, normalization3_;  // both or neither
  torch::nn::Linear dense_{nullptr};
};

}  // namespace

std::shared_ptr<Network> make_network(const Dcgan32GeneratorOptions& options, const NetworkSetting& setting) {
  require_side(setting, "dcgan32_generator");
  auto network = std::make_shared<Dcgan32Generator>(options, setting);
  initialize_normal(*network, kWeightDeviation, setting.seed, setting.id);
  return network;
}

std::shared_ptr<Network> make_network(const Dcgan32DiscriminatorOptions& options,
                                      const NetworkSetting& setting) {
  require_side(setting, "dcgan32_discriminator");
  auto network = std::make_shared<Dcgan32Discriminator>(options, setting);
  initialize_normal(*network, kWeightDeviation, setting.seed, setting.id);
  return network;
}

}  // namespace ganymede
