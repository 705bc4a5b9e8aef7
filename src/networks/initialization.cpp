#include "networks/initialization.hpp"

#include <cmath>

#include "base/error.hpp"
#include "base/random_tensor.hpp"

namespace ganymede {
namespace {

// Values of one dimension of a kernel: 1 for a linear layer, height x width for a convolution.
std::int64_t receptive_field(const at::Tensor& weight) {
  return weight[0][0].numel();
}

// Parameter number `index` of the module as U(-bound, bound).
void draw_parameter(at::Tensor parameter, double bound, std::uint64_t seed, NetworkId network,
                    std::size_t index) {
  ensure(index < 256, "a network has at most 256 parameters");
  const StreamId stream{
      .purpose = Purpose::initialize, .network = network, .layer = static_cast<std::uint8_t>(index)};
  std::vector<std::int64_t> one_place{1};
  one_place.insert(one_place.end(), parameter.sizes().begin(), parameter.sizes().end());
  parameter.copy_(
      draw_uniform(RandomStream(seed, stream, 0), 0, one_place, -bound, bound, parameter.scalar_type())[0]);
}

}  // namespace

void initialize_like_pytorch(torch::nn::Module& module, std::uint64_t seed, NetworkId network) {
  at::NoGradGuard no_grad;
  double bound = 0;
  const std::vector<at::Tensor> parameters = module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].dim() > 1)
      bound = 1.0 / std::sqrt(static_cast<double>(parameters[i].size(1) * receptive_field(parameters[i])));
    ensure(bound > 0, "a bias follows its weight");
    draw_parameter(parameters[i], bound, seed, network, i);
  }
}

void initialize_like_keras(torch::nn::Module& module, std::uint64_t seed, NetworkId network) {
  at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parameters = module.parameters();
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].dim() < 2) continue;
    const double fans =
        static_cast<double>((parameters[i].size(0) + parameters[i].size(1)) * receptive_field(parameters[i]));
    draw_parameter(parameters[i], std::sqrt(6.0 / fans), seed, network, i);
  }
  for (const auto& item : module.named_parameters()) {
    if (item.key().ends_with("bias")) item.value().zero_();
  }
}

}  // namespace ganymede
