// A law of sequences that is known: an LSTM whose weights are random numbers (Yu et al. 2017, section 4).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "networks/sequence_networks.hpp"

namespace ganymede {

// Of an oracle of one's own its seed, or the file of another's; one of them.
struct OracleOptions {
  std::optional<std::int64_t> seed = {};
  // safetensors: `embedding` [vocabulary, 32]; w_G [32, 32], u_G [32, 32] and b_G [32] for G of input,
  // forget, output, cell; w_logits [32, vocabulary], b_logits. gate = x w + h u + b.
  std::string file = {};
};

// Embedding and hidden size 32, weights and biases N(0, 1). Throws DataError if the file does not hold an
// oracle of that vocabulary, UserError if there is none.
std::shared_ptr<SequenceGenerator> make_oracle(const OracleOptions& options, std::int64_t vocabulary,
                                               const at::TensorOptions& compute);

// Sequences first ... first + count - 1 of those that a seed gives, int32 [count, length].
at::Tensor draw_from_oracle(const SequenceGenerator& oracle, std::uint64_t seed, std::int64_t first,
                            std::int64_t count, std::int64_t length);

}  // namespace ganymede
