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

// How a network normalises batches. A batch of one value a channel has no variance.
struct NormalizedBatches {
  BatchStatistics statistics;
  std::int64_t values_a_row = 1;  // that a row has in a channel, where they are fewest (kNormalizedTogether)
};
// Nothing where the network normalises none.
template <typename Networks>
std::optional<NormalizedBatches> normalized_batches(const Networks& options) {
  return std::visit(
      []<typename One>(const One& network) -> std::optional<NormalizedBatches> {
        if constexpr (requires { network.batch_normalization; }) {
          const std::optional<BatchStatistics> statistics = network.batch_normalization;
          if (!statistics) return std::nullopt;
          NormalizedBatches batches{.statistics = *statistics};
          if constexpr (requires { One::kNormalizedTogether; })
            batches.values_a_row = One::kNormalizedTogether;
          return batches;
        }
        return std::nullopt;
      },
      options);
}

// Initialised from the seed; parameters are as `compute` says, in dtype and device. Throw UserError where
// network and shape do not go together.
std::shared_ptr<Network> make_generator(const GeneratorOptions& options, bool spectral_normalization,
                                        const NetworkSetting& setting, const at::TensorOptions& compute);
std::shared_ptr<Network> make_discriminator(const DiscriminatorOptions& options, bool spectral_normalization,
                                            const NetworkSetting& setting, const at::TensorOptions& compute);

}  // namespace ganymede
