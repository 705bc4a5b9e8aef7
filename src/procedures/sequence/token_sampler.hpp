// Sequences that a generator makes token by token, and rollouts from their prefixes. Nothing here has a
// graph.
#pragma once

#include "kernels/random_tensor.hpp"
#include "kernels/token_choice.hpp"
#include "networks/sequence_networks.hpp"

namespace ganymede {

// rows sequences int64 [rows, length]; uniform numbers [rows, length] pick them.
at::Tensor sample_sequences(const SequenceGenerator& generator, const at::Tensor& uniform);

// The sequences of places first_place ... of the stream of samples, [count, length] as in `sizes`: the same
// whenever they are asked for.
at::Tensor sample_at_places(const SequenceGenerator& generator, std::uint64_t seed, std::int64_t first_place,
                            at::IntArrayRef sizes, const at::TensorOptions& compute);

struct SequencesWithRollouts {
  at::Tensor tokens;    // int64 [rows, length]
  at::Tensor rollouts;  // int64 [length - 1, rollouts, rows, length]: [p] begin with the first p + 1 tokens
};

// The same sequences, and from each of their prefixes ways in which the generator goes on (Yu et al. 2017,
// section 3.1). rollout_uniform [rollouts, rows, length - 1, length] picks the tokens of prefix p at [..., p,
// :].
SequencesWithRollouts sample_with_rollouts(const SequenceGenerator& generator, const at::Tensor& uniform,
                                           const at::Tensor& rollout_uniform);

}  // namespace ganymede
