// All networks by name: what a recipe may ask for.
#pragma once

#include <variant>

#include "networks/dcgan.hpp"
#include "networks/mlp.hpp"

namespace ganymede {

using GeneratorOptions = std::variant<MlpGeneratorOptions, DcganGeneratorOptions>;
using DiscriminatorOptions = std::variant<MlpDiscriminatorOptions, DcganDiscriminatorOptions>;

std::int64_t noise_size(const GeneratorOptions& options);

// Initialised from the seed; parameters are of the given dtype. Throws UserError where network and shape do
// not go together.
std::shared_ptr<Network> make_generator(const GeneratorOptions& options, const ImageShape& shape,
                                        std::uint64_t seed, at::ScalarType dtype, Communicator& communicator);
std::shared_ptr<Network> make_discriminator(const DiscriminatorOptions& options, const ImageShape& shape,
                                            std::uint64_t seed, at::ScalarType dtype);

}  // namespace ganymede
