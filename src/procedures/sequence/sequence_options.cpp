#include "procedures/sequence/sequence_options.hpp"

#include "base/error.hpp"

namespace ganymede {

void check_options(const SequenceOptions& options, const BatchOptions& batch) {
  require(!options.generator.update.spectral_norm && !options.discriminator.update.spectral_norm,
          "sequence.*.spectral_norm: recurrent networks have none; leave it out");
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
