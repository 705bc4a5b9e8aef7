// What a recipe can say of the sequence procedure.
#pragma once

#include <optional>

#include "data/samples/field.hpp"
#include "networks/sequence_networks.hpp"
#include "procedures/sequence/oracle.hpp"
#include "procedures/update_options.hpp"

namespace ganymede {

struct SequenceGeneratorPlayerOptions {
  SequenceGeneratorOptions network;
  UpdateOptions update;
};

struct SequenceDiscriminatorPlayerOptions {
  SequenceDiscriminatorOptions network;
  UpdateOptions update;
};

enum class SequenceReward {
  discriminator,  // the probability that it gives a sequence of being real
  constant,       // 1: the control, which lowers a likelihood, too
};

// Phases, in this order: the generator by maximum likelihood; the discriminator against it as it is; then,
// for ever, one update of the generator by policy gradient and some of the discriminator.
struct SequenceOptions {
  std::int64_t likelihood_steps = 0;     // of the first phase
  std::int64_t discriminator_start = 0;  // steps of the second phase
  std::int64_t discriminator_steps = 1;  // updates of the discriminator a step of the third, each on a batch
  std::int64_t rollouts = 4;             // from each prefix
  SequenceReward reward = SequenceReward::discriminator;
  std::optional<OracleOptions> oracle = {};  // the law of the data, where it is known: to measure by
  bool baseline = false;  // take from each action's value the mean of its place over the global batch
  SequenceGeneratorPlayerOptions generator;
  SequenceDiscriminatorPlayerOptions discriminator;
};

// What every procedure's options answer (recipe/procedures.hpp).
inline std::size_t source_count(const SequenceOptions&) {
  return 1;
}
inline std::int64_t places_together(const SequenceOptions&) {
  return 1;
}
void check_options(const SequenceOptions& options, const BatchOptions& batch);
inline void check_shares(const SequenceOptions&, const BatchOptions&, int /*ranks*/) {}

}  // namespace ganymede
