#include "procedures/sequence/sequence_options.hpp"

#include "base/error.hpp"

namespace ganymede {

void check_options(const SequenceOptions& options, const BatchOptions& batch) {
  require(!options.generator.update.spectral_norm && !options.discriminator.update.spectral_norm,
          "sequence.*.spectral_norm: recurrent networks have none; leave it out");
  if (const auto* cnn = std::get_if<CnnDiscriminatorOptions>(&options.discriminator.network))
    require(!cnn->filter_widths.empty() && cnn->filter_widths.size() == cnn->filters.size(),
            "sequence.discriminator.network.cnn has {} filter_widths and {} filters; expected as many, one "
            "at least",
            cnn->filter_widths.size(), cnn->filters.size());
  require(!options.oracle || options.oracle->seed.has_value() != !options.oracle->file.empty(),
          "sequence.oracle has {}; expected one of seed and file",
          options.oracle && options.oracle->seed ? "both seed and file" : "neither seed nor file");
  require(
      !options.baseline || options.reward == SequenceReward::discriminator,
      "sequence.baseline is true, but all rewards are the same (sequence.reward: constant): nothing would be "
      "left of them; leave one of them out");
  require(
      !options.baseline || !batch.replicas,
      "sequence.baseline is a mean over the whole global batch, which virtual replicas see one at a time; "
      "leave it or `reproducible` out");
}

}  // namespace ganymede
