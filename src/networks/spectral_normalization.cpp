#include "networks/spectral_normalization.hpp"

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "base/error.hpp"
#include "kernels/random_tensor.hpp"

namespace ganymede {
namespace {

constexpr int kFirstIterations = 15;
constexpr double kEpsilon = 1e-12;  // keeps a zero weight from dividing by zero

struct Layer {
  at::Tensor* used;   // what the module computes with: its `weight` member
  at::Tensor weight;  // the parameter, [out, in, ...]; of a transposed convolution [in, out, ...]
  bool transposed;
  at::Tensor left;  // left singular vector [out], a buffer of the network

  // [out, in x ...]
  at::Tensor matrix() const { return transposed ? weight.transpose(0, 1).flatten(1) : weight.flatten(1); }
};

std::optional<Layer> find_layer(torch::nn::Module& module) {
  if (auto* linear = dynamic_cast<torch::nn::LinearImpl*>(&module))
    return Layer{&linear->weight, linear->weight, false, {}};
  if (auto* convolution = dynamic_cast<torch::nn::Conv2dImpl*>(&module))
    return Layer{&convolution->weight, convolution->weight, false, {}};
  if (auto* convolution = dynamic_cast<torch::nn::ConvTranspose2dImpl*>(&module))
    return Layer{&convolution->weight, convolution->weight, true, {}};
  return std::nullopt;
}

at::Tensor normalized(const at::Tensor& vector) {
  return vector / vector.norm().clamp_min(kEpsilon);
}

// right = W^T left, left = W right, each scaled to length 1; the left vector in place.
void iterate(const Layer& layer) {
  const at::Tensor matrix = layer.matrix();
  layer.left.copy_(normalized(matrix.mv(normalized(matrix.t().mv(layer.left)))));
}

// While it lives, the modules compute with the normalised weights; also when a forward pass throws, they get
// their own back.
class Normalized {
 public:
  explicit Normalized(const std::vector<Layer>& layers) : layers_(layers) {
    for (const Layer& layer : layers) normalized_.push_back(layer.weight / largest_singular_value(layer));
    for (std::size_t i = 0; i < layers.size(); ++i) *layers[i].used = normalized_[i];
  }
  ~Normalized() {
    for (const Layer& layer : layers_) *layer.used = layer.weight;
  }
  Normalized(const Normalized&) = delete;
  Normalized& operator=(const Normalized&) = delete;

 private:
  // left^T W right, with right = W^T left / |W^T left|; only W is differentiated.
  static at::Tensor largest_singular_value(const Layer& layer) {
    const at::Tensor matrix = layer.matrix();
    const at::Tensor right = normalized(matrix.detach().t().mv(layer.left));
    return layer.left.dot(matrix.mv(right));
  }

  const std::vector<Layer>& layers_;
  std::vector<at::Tensor> normalized_;
};

class SpectralNormalization final : public Network {
 public:
  SpectralNormalization(std::shared_ptr<Network> network, std::uint64_t seed, StreamCode id)
      : network_(register_module("network", std::move(network))) {
    at::NoGradGuard no_grad;
    for (const auto& module : network_->modules()) {
      auto layer = find_layer(*module);
      if (!layer) continue;
      const auto index = static_cast<std::uint8_t>(layers_.size());
      const RandomStream stream(seed, {.purpose = Purpose::power_iteration, .network = id, .layer = index},
                                0);
      const std::int64_t rows = layer->matrix().size(0);
      layer->left =
          register_buffer(fmt::format("spectral_vector{}", index),
                          normalized(draw_normal(stream, 0, {1, rows}, layer->weight.options())[0]));
      for (int i = 0; i < kFirstIterations; ++i) iterate(*layer);
      layers_.push_back(*layer);
    }
    ensure(!layers_.empty(), "a network has layers to normalise");
  }

  void begin_update() override {
    at::NoGradGuard no_grad;
    for (const Layer& layer : layers_) iterate(layer);
  }

  at::Tensor forward(const at::Tensor& input, const ForwardContext& context) override {
    const Normalized while_it_computes(layers_);
    return network_->forward(input, context);
  }

  std::int64_t hidden_layers() const override { return network_->hidden_layers(); }

 private:
  std::shared_ptr<Network> network_;
  std::vector<Layer> layers_;
};

}  // namespace

std::shared_ptr<Network> normalize_spectrally(std::shared_ptr<Network> network, std::uint64_t seed,
                                              StreamCode id) {
  return std::make_shared<SpectralNormalization>(std::move(network), seed, id);
}

}  // namespace ganymede
