#include "networks/mlp.hpp"

#include <torch/nn/modules/linear.h>

#include "base/error.hpp"
#include "networks/dropout.hpp"
#include "networks/initialization.hpp"
#include "networks/linear.hpp"

namespace ganymede {
namespace {

constexpr double kLeakySlope = 0.2;

double slope_below_zero(Activation activation) {
  return activation == Activation::relu ? 0 : kLeakySlope;
}

struct LayerOptions {
  Activation activation;
  std::optional<BatchStatistics> batch_normalization;
  double dropout;
  StreamCode network;
};

// Hidden layers and a linear one at the end, whose output is returned as it is.
class LinearStack : public torch::nn::Module {
 public:
  LinearStack(const std::vector<std::int64_t>& sizes, const LayerOptions& options, Communicator& communicator)
      : options_(options) {
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      layers_.push_back(register_module(std::to_string(i), torch::nn::Linear(sizes[i], sizes[i + 1])));
      if (options.batch_normalization && i + 2 < sizes.size())
        normalizations_.push_back(register_module(
            fmt::format("normalization{}", i),
            std::make_shared<BatchNormalization>(
                sizes[i + 1], BatchNormalizationOptions{.statistics = *options.batch_normalization},
                communicator)));
    }
  }

  at::Tensor forward(at::Tensor values, const ForwardContext& context) {
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      const double slope = slope_below_zero(options_.activation);
      if (normalizations_.empty())
        values = linear(layers_[i], values, slope);
      else
        values = normalizations_[i]->forward(linear(layers_[i], values), context.training, slope);
      values = dropout(values, options_.dropout, options_.network, static_cast<std::uint8_t>(i), context);
      offer_hidden(values, context);
    }
    return linear(layers_.back(), values);
  }

  std::int64_t hidden_layers() const { return static_cast<std::int64_t>(layers_.size()) - 1; }

 private:
  const LayerOptions options_;
  std::vector<torch::nn::Linear> layers_;
  std::vector<std::shared_ptr<BatchNormalization>> normalizations_;  // [hidden layer], or empty
};

std::vector<std::int64_t> join_sizes(std::int64_t first, const std::vector<std::int64_t>& hidden,
                                     std::int64_t last) {
  std::vector<std::int64_t> sizes{first};
  sizes.insert(sizes.end(), hidden.begin(), hidden.end());
  sizes.push_back(last);
  return sizes;
}

class MlpGenerator final : public Network {
 public:
  MlpGenerator(const MlpGeneratorOptions& options, const NetworkSetting& setting)
      : output_(options.output), shape_(setting.shape) {
    layers_ = register_module(
        "layers", std::make_shared<LinearStack>(join_sizes(options.noise_size + setting.condition_size,
                                                           options.hidden_sizes, setting.shape.pixels()),
                                                LayerOptions{options.activation, options.batch_normalization,
                                                             options.dropout, setting.id},
                                                setting.communicator));
  }

  at::Tensor forward(const at::Tensor& noise, const ForwardContext& context) override {
    const at::Tensor values = layers_->forward(with_condition(noise, context), context);
    return (output_ == OutputActivation::tanh ? values.tanh() : values)
        .view({-1, shape_.channels, shape_.height, shape_.width});
  }

  std::int64_t hidden_layers() const override { return layers_->hidden_layers(); }

 private:
  const OutputActivation output_;
  const ImageShape shape_;
  std::shared_ptr<LinearStack> layers_;
};

class MlpDiscriminator final : public Network {
 public:
  MlpDiscriminator(const MlpDiscriminatorOptions& options, const NetworkSetting& setting)
      : layers_(register_module(
            "layers",
            std::make_shared<LinearStack>(
                join_sizes(setting.shape.pixels() + setting.condition_size, options.hidden_sizes, 1),
                LayerOptions{options.activation, options.batch_normalization, options.dropout, setting.id},
                setting.communicator))) {}

  at::Tensor forward(const at::Tensor& samples, const ForwardContext& context) override {
    return layers_->forward(with_condition(samples.flatten(1), context), context);
  }

  std::int64_t hidden_layers() const override { return layers_->hidden_layers(); }

 private:
  std::shared_ptr<LinearStack> layers_;
};

class MaxoutDiscriminator final : public Network {
 public:
  MaxoutDiscriminator(const MaxoutDiscriminatorOptions& options, const NetworkSetting& setting)
      : pieces_(options.pieces) {
    const auto sizes = join_sizes(setting.shape.pixels() + setting.condition_size, options.hidden_sizes, 1);
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      const bool last = i + 2 == sizes.size();
      layers_.push_back(register_module(std::to_string(i),
                                        torch::nn::Linear(sizes[i], sizes[i + 1] * (last ? 1 : pieces_))));
    }
  }

  at::Tensor forward(const at::Tensor& samples, const ForwardContext& context) override {
    at::Tensor values = with_condition(samples.flatten(1), context);
    for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
      values = linear(layers_[i], values).unflatten(1, {-1, pieces_}).amax(2);
      offer_hidden(values, context);
    }
    return linear(layers_.back(), values);
  }

  std::int64_t hidden_layers() const override { return static_cast<std::int64_t>(layers_.size()) - 1; }

 private:
  const std::int64_t pieces_;
  std::vector<torch::nn::Linear> layers_;
};

template <typename Made, typename Options>
std::shared_ptr<Network> make_initialized(const Options& options, const NetworkSetting& setting) {
  auto network = std::make_shared<Made>(options, setting);
  initialize_like_pytorch(*network, setting.seed, setting.id);
  return network;
}

}  // namespace

std::shared_ptr<Network> make_network(const MlpGeneratorOptions& options, const NetworkSetting& setting) {
  return make_initialized<MlpGenerator>(options, setting);
}

std::shared_ptr<Network> make_network(const MlpDiscriminatorOptions& options, const NetworkSetting& setting) {
  return make_initialized<MlpDiscriminator>(options, setting);
}

std::shared_ptr<Network> make_network(const MaxoutDiscriminatorOptions& options,
                                      const NetworkSetting& setting) {
  return make_initialized<MaxoutDiscriminator>(options, setting);
}

}  // namespace ganymede
