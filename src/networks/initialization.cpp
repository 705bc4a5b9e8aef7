#include "networks/initialization.hpp"

#include <cmath>

#include "base/error.hpp"
#include "kernels/random_tensor.hpp"

namespace ganymede {
namespace {

// Values of one dimension of a kernel: 1 for a linear layer, height x width for a convolution.
std::int64_t receptive_field(const at::Tensor& weight) {
  return weight[0][0].numel();
}

// The numbers of parameter number `index` of a network.
RandomStream initial_stream(std::uint64_t seed, StreamCode network, std::size_t index) {
  ensure(index < 256, "a network has at most 256 parameters");
  return {seed,
          {.purpose = Purpose::initialize, .network = network, .layer = static_cast<std::uint8_t>(index)},
          /*step=*/0};
}

// The shape of a parameter as the one place of a stream.
std::vector<std::int64_t> as_one_place(const at::Tensor& parameter) {
  std::vector<std::int64_t> shape{1};
  shape.insert(shape.end(), parameter.sizes().begin(), parameter.sizes().end());
  return shape;
}

// U(-bound, bound).
void draw_parameter(const at::Tensor& parameter, double bound, const RandomStream& stream) {
  parameter.copy_(draw_uniform(stream, 0, as_one_place(parameter), -bound, bound, parameter.options())[0]);
}

// N(0, deviation).
void draw_normal_parameter(const at::Tensor& parameter, double deviation, const RandomStream& stream) {
  parameter.copy_(draw_normal(stream, 0, as_one_place(parameter), parameter.options())[0] * deviation);
}

void zero_biases(torch::nn::Module& module) {
  for (const auto& item : module.named_parameters())
    if (item.key().ends_with("bias")) item.value().zero_();
}

}  // namespace

void initialize_like_pytorch(torch::nn::Module& module, std::uint64_t seed, StreamCode network) {
  at::NoGradGuard no_grad;
  double bound = 0;
  const auto parameters = module.named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& parameter = parameters[i].value();
    if (parameters[i].key().find("normalization") != std::string::npos) continue;  // ones and zeros
    if (parameter.dim() > 1)
      bound = 1.0 / std::sqrt(static_cast<double>(parameter.size(1) * receptive_field(parameter)));
    ensure(bound > 0, "a bias follows its weight");
    draw_parameter(parameter, bound, initial_stream(seed, network, i));
  }
}

void initialize_like_keras(torch::nn::Module& module, std::uint64_t seed, StreamCode network) {
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].dim() < 2) continue;
    const double fans =
        static_cast<double>((parameters[i].size(0) + parameters[i].size(1)) * receptive_field(parameters[i]));
    draw_parameter(parameters[i], std::sqrt(6.0 / fans), initial_stream(seed, network, i));
  }
  zero_biases(module);
}

void initialize_sequence_network(torch::nn::Module& module, std::int64_t hidden_size, std::uint64_t seed,
                                 StreamCode network) {
  at::NoGradGuard no_grad;
  const double bound = 1.0 / std::sqrt(static_cast<double>(hidden_size));
  const auto parameters = module.named_parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const at::Tensor& parameter = parameters[i].value();
    const RandomStream stream = initial_stream(seed, network, i);
    if (parameters[i].key().ends_with("embedding"))
      draw_normal_parameter(parameter, 1, stream);
    else
      draw_parameter(parameter, bound, stream);
  }
}

void initialize_uniform(const at::Tensor& parameter, double bound, std::uint64_t seed, StreamCode network,
                        std::size_t index) {
  at::NoGradGuard no_grad;
  draw_parameter(parameter, bound, initial_stream(seed, network, index));
}

void initialize_normal(torch::nn::Module& module, double deviation, std::uint64_t seed, StreamCode network) {
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].dim() >= 2)
      draw_normal_parameter(parameters[i], deviation, initial_stream(seed, network, i));
  zero_biases(module);
}

void initialize_normal_everywhere(torch::nn::Module& module, double deviation, std::uint64_t seed,
                                  StreamCode network) {
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i)
    draw_normal_parameter(parameters[i], deviation, initial_stream(seed, network, i));
}

}  // namespace ganymede
