#include "networks/mlp.hpp"

#include <torch/nn/modules/linear.h>

#include "networks/initialization.hpp"

namespace ganymede {
namespace {

// Linear layers with ReLU between them; the last one's output is returned as it is.
class LinearStack : public torch::nn::Module {
 public:
  explicit LinearStack(const std::vector<std::int64_t>& sizes) {
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
      layers_.push_back(register_module(std::to_string(i), torch::nn::Linear(sizes[i], sizes[i + 1])));
  }

  at::Tensor forward(at::Tensor values) {
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      values = layers_[i]->forward(values);
      if (i + 1 < layers_.size()) values = values.relu();
    }
    return values;
  }

 private:
  std::vector<torch::nn::Linear> layers_;
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
  MlpGenerator(const MlpGeneratorOptions& options, const ImageShape& shape)
      : shape_(shape),
        layers_(register_module("layers", std::make_shared<LinearStack>(join_sizes(
                                              options.noise_size, options.hidden_sizes, shape.pixels())))) {}

  at::Tensor forward(const at::Tensor& noise, const ForwardContext&) override {
    return layers_->forward(noise).tanh().view({-1, shape_.channels, shape_.height, shape_.width});
  }

 private:
  const ImageShape shape_;
  std::shared_ptr<LinearStack> layers_;
};

class MlpDiscriminator final : public Network {
 public:
  MlpDiscriminator(const MlpDiscriminatorOptions& options, const ImageShape& shape)
      : layers_(register_module(
            "layers", std::make_shared<LinearStack>(join_sizes(shape.pixels(), options.hidden_sizes, 1)))) {}

  at::Tensor forward(const at::Tensor& images, const ForwardContext&) override {
    return layers_->forward(images.flatten(1));
  }

 private:
  std::shared_ptr<LinearStack> layers_;
};

}  // namespace

std::shared_ptr<Network> make_mlp_generator(const MlpGeneratorOptions& options, const ImageShape& shape,
                                            std::uint64_t seed) {
  auto network = std::make_shared<MlpGenerator>(options, shape);
  initialize_like_pytorch(*network, seed, NetworkId::generator);
  return network;
}

std::shared_ptr<Network> make_mlp_discriminator(const MlpDiscriminatorOptions& options,
                                                const ImageShape& shape, std::uint64_t seed) {
  auto network = std::make_shared<MlpDiscriminator>(options, shape);
  initialize_like_pytorch(*network, seed, NetworkId::discriminator);
  return network;
}

}  // namespace ganymede
