// All networks by name: what a recipe may ask for.
#pragma once

#include <variant>

#include "networks/dcgan.hpp"
#include "networks/dcgan32.hpp"
#include "networks/mlp.hpp"

namespace ganymede {

using GeneratorOptions = std::variant<MlpGeneratorOptions, DcganGeneratorOptions, Dcgan32GeneratorOptions>;
using DiscriminatorOptions = std::variant<MlpDiscriminatorOptions, MaxoutDiscriminatorOptions,
                                          DcganDiscriminatorOptions, Dcgan32DiscriminatorOptions>;

std::int64_t noise_size(const GeneratorOptions& options);

// Initialised from the seed; parameters are of the given dtype. Throw UserError where network and shape do
// not go together.
std::shared_ptr<Network> make_generator(const GeneratorOptions& options, bool spectral_normalization,
                                        const NetworkSetting& setting, at::ScalarType dtype);
std::shared_ptr<Network> make_discriminator(const DiscriminatorOptions& options, bool spectral_normalization,
                                            const NetworkSetting& setting, at::ScalarType dtype);

}  // namespace ganymede
