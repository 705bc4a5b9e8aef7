#include "networks/dcgan.hpp"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "base/error.hpp"
#include "networks/convolution.hpp"
#include "networks/dropout.hpp"
#include "networks/initialization.hpp"
#include "networks/linear.hpp"

namespace ganymede {
namespace {

constexpr double kSlope = 0.3;
constexpr std::int64_t kKernel = 5, kPadding = 2;

torch::nn::ConvTranspose2d make_transposed(std::int64_t in, std::int64_t out, std::int64_t stride) {
  return torch::nn::ConvTranspose2d(torch::nn::ConvTranspose2dOptions(in, out, kKernel)
                                        .stride(stride)
                                        .padding(kPadding)
                                        .output_padding(stride - 1)
                                        .bias(false));
}

torch::nn::Conv2d make_convolution(std::int64_t in, std::int64_t out) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kKernel).stride(2).padding(kPadding));
}

// Size of one side after a convolution of stride 2.
std::int64_t halved(std::int64_t side) {
  return (side + 1) / 2;
}

class DcganGenerator final : public Network {
 public:
  DcganGenerator(const DcganGeneratorOptions& options, const NetworkSetting& setting)
      : height_(setting.shape.height / 4), width_(setting.shape.width / 4) {
    const BatchNormalizationOptions keras{
        .statistics = options.batch_normalization, .epsilon = 1e-3, .momentum = 0.01};
    const auto normalization = [&](const char* name, std::int64_t channels) {
      return register_module(name,
                             std::make_shared<BatchNormalization>(channels, keras, setting.communicator));
    };
    const std::int64_t features = 256 * height_ * width_;
    dense_ = register_module(
        "dense",
        torch::nn::Linear(
            torch::nn::LinearOptions(options.noise_size + setting.condition_size, features).bias(false)));
    normalization0_ = normalization("normalization0", features);
    transposed1_ = register_module("transposed1", make_transposed(256, 128, 1));
    normalization1_ = normalization("normalization1", 128);
    transposed2_ = register_module("transposed2", make_transposed(128, 64, 2));
    normalization2_ = normalization("normalization2", 64);
    transposed3_ = register_module("transposed3", make_transposed(64, setting.shape.channels, 2));
  }

  at::Tensor forward(const at::Tensor& noise, const ForwardContext& context) override {
    at::Tensor x = linear(dense_, with_condition(noise, context));
    x = normalization0_->forward(x, context.training, kSlope);
    offer_hidden(x, context);
    x = transposed_convolution(transposed1_, x.view({-1, 256, height_, width_}));
    x = normalization1_->forward(x, context.training, kSlope);
    offer_hidden(x, context);
    x = transposed_convolution(transposed2_, x);
    x = normalization2_->forward(x, context.training, kSlope);
    offer_hidden(x, context);
    return transposed_convolution(transposed3_, x).tanh();
  }

  std::int64_t hidden_layers() const override { return 3; }

 private:
  const std::int64_t height_, width_;  // of the first feature map
  torch::nn::Linear dense_{nullptr};
  torch::nn::ConvTranspose2d transposed1_{nullptr}, transposed2_{nullptr}, transposed3_{nullptr};
  std::shared_ptr<BatchNormalization> normalization0_, normalization1_, normalization2_;
};

class DcganDiscriminator final : public Network {
 public:
  DcganDiscriminator(const DcganDiscriminatorOptions& options, const NetworkSetting& setting)
      : options_(options),
        id_(setting.id),
        convolution1_(register_module("convolution1",
                                      make_convolution(setting.shape.channels + setting.condition_size, 64))),
        convolution2_(register_module("convolution2", make_convolution(64, 128))),
        dense_(register_module("dense", torch::nn::Linear(128 * halved(halved(setting.shape.height)) *
                                                              halved(halved(setting.shape.width)),
                                                          1))) {}

  at::Tensor forward(const at::Tensor& images, const ForwardContext& context) override {
    at::Tensor x = convolution(convolution1_, with_condition(images, context));
    x = leaky_relu_dropout(x, kSlope, options_.dropout, id_, 0, context);
    offer_hidden(x, context);
    x = leaky_relu_dropout(convolution(convolution2_, x), kSlope, options_.dropout, id_, 1, context);
    offer_hidden(x, context);
    return linear(dense_, x.flatten(1));
  }

  std::int64_t hidden_layers() const override { return 2; }

 private:
  const DcganDiscriminatorOptions options_;
  const StreamCode id_;
  torch::nn::Conv2d convolution1_, convolution2_;
  torch::nn::Linear dense_;
};

}  // namespace

std::shared_ptr<Network> make_network(const DcganGeneratorOptions& options, const NetworkSetting& setting) {
  require(setting.shape.height % 4 == 0 && setting.shape.width % 4 == 0,
          "dcgan_generator makes images whose sides are multiples of 4; the dataset's are {} x {}: choose "
          "another network, or import the images in another size",
          setting.shape.height, setting.shape.width);
  auto network = std::make_shared<DcganGenerator>(options, setting);
  initialize_like_keras(*network, setting.seed, setting.id);
  return network;
}

std::shared_ptr<Network> make_network(const DcganDiscriminatorOptions& options,
                                      const NetworkSetting& setting) {
  auto network = std::make_shared<DcganDiscriminator>(options, setting);
  initialize_like_keras(*network, setting.seed, setting.id);
  return network;
}

}  // namespace ganymede
