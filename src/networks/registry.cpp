#include "networks/registry.hpp"

#include "networks/spectral_normalization.hpp"

namespace ganymede {
namespace {

template <typename Options>
std::shared_ptr<Network> make(const Options& options, bool spectral_normalization,
                              const NetworkSetting& setting, const at::TensorOptions& compute) {
  auto network = std::visit([&](const auto& one) { return make_network(one, setting); }, options);
  move_to(*network, compute);
  if (spectral_normalization) network = normalize_spectrally(network, setting.seed, setting.id);
  return network;
}

}  // namespace

std::int64_t noise_size(const GeneratorOptions& options) {
  return std::visit([](const auto& network) { return network.noise_size; }, options);
}

std::shared_ptr<Network> make_generator(const GeneratorOptions& options, bool spectral_normalization,
                                        const NetworkSetting& setting, const at::TensorOptions& compute) {
  return make(options, spectral_normalization, setting, compute);
}

std::shared_ptr<Network> make_discriminator(const DiscriminatorOptions& options, bool spectral_normalization,
                                            const NetworkSetting& setting, const at::TensorOptions& compute) {
  return make(options, spectral_normalization, setting, compute);
}

}  // namespace ganymede
