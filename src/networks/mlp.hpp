// Multi-layer perceptrons: the networks of tutorial §1.2, §2.3, §3.1, §3.2, and those of PacGAN (Lin et al.
// 2018, appendix).
#pragma once

#include "networks/batch_normalization.hpp"
#include "networks/network_setting.hpp"

namespace ganymede {

enum class Activation { relu, leaky_relu };    // leaky_relu has slope 0.2
enum class OutputActivation { tanh, linear };  // tanh for pixels in [-1, 1], linear for points

// A hidden layer is: linear, batch normalisation (where asked for), activation, dropout.

// noise [rows, noise_size] to samples [rows, channels, height, width].
struct MlpGeneratorOptions {
  std::int64_t noise_size = 100;
  std::vector<std::int64_t> hidden_sizes = {256, 512};
  Activation activation = Activation::relu;
  std::optional<BatchStatistics> batch_normalization = {};
  double dropout = 0;
  OutputActivation output = OutputActivation::tanh;
};

// Samples [rows, channels, height, width] to logits [rows, 1]. The tutorial's sigmoid belongs to the loss.
struct MlpDiscriminatorOptions {
  std::vector<std::int64_t> hidden_sizes = {512, 256};
  Activation activation = Activation::relu;
  std::optional<BatchStatistics> batch_normalization = {};
  double dropout = 0;
};

// Samples to logits [rows, 1] through maxout layers (Goodfellow et al. 2013): each of hidden_sizes units is
// the largest of `pieces` linear functions.
struct MaxoutDiscriminatorOptions {
  std::vector<std::int64_t> hidden_sizes = {200, 200, 200};
  std::int64_t pieces = 5;
};

std::shared_ptr<Network> make_network(const MlpGeneratorOptions& options, const NetworkSetting& setting);
std::shared_ptr<Network> make_network(const MlpDiscriminatorOptions& options, const NetworkSetting& setting);
std::shared_ptr<Network> make_network(const MaxoutDiscriminatorOptions& options,
                                      const NetworkSetting& setting);

}  // namespace ganymede
