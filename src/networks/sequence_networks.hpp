// Networks over sequences of tokens. All sequences of a batch have one length; token 0 stands before the
// first, for the generator alone: what the discriminator sees of real and generated sequences is the same.
#pragma once

#include <variant>

#include "networks/lstm.hpp"
#include "networks/network.hpp"

namespace ganymede {

struct SequenceSetting {
  std::int64_t vocabulary = 0;  // tokens are 0 ... vocabulary - 1
  std::uint64_t seed = 0;
  StreamCode id = {};
  at::ScalarType dtype = at::kFloat;
};

// Embedding, LSTM, and a linear layer to the logits of the next token (Yu et al. 2017, section 3.2).
struct LstmGeneratorOptions {
  std::int64_t embedding_size = 128, hidden_size = 256;
};

// Embedding, LSTM, and a linear layer from its last state to a logit.
struct LstmDiscriminatorOptions {
  std::int64_t embedding_size = 128, hidden_size = 256;
};

using SequenceGeneratorOptions = std::variant<LstmGeneratorOptions>;
using SequenceDiscriminatorOptions = std::variant<LstmDiscriminatorOptions>;

class SequenceGenerator : public Network {
 public:
  // forward: tokens int64 [rows, length] to logits [length, rows, vocabulary] of each token, given those
  // before.

  // Sequences that are written token by token; while one lives, the weights stay as they are.
  struct Writing {
    at::Tensor token_gates;
    LstmState state;
  };
  virtual Writing begin(std::int64_t rows) const = 0;
  // Logits [rows, vocabulary] of the token after `previous`, int64 [rows].
  virtual at::Tensor next_logits(const at::Tensor& previous, Writing& writing) const = 0;

  std::int64_t hidden_layers() const override { return 0; }
};

class SequenceDiscriminator : public Network {
 public:
  // forward: tokens int64 [rows, length] to logits [rows, 1].

  // Logits [rows] of tokens int64 [rows, length] and [length - 1, rollouts, rows] of rollouts from them,
  // int64 [length - 1, rollouts, rows, length], of which [p] begin with the same p + 1 tokens. Without a
  // graph.
  struct RolloutLogits {
    at::Tensor of_tokens, of_rollouts;
  };
  virtual RolloutLogits rollout_logits(const at::Tensor& tokens, const at::Tensor& rollouts) const = 0;

  std::int64_t hidden_layers() const override { return 0; }
};

std::shared_ptr<SequenceGenerator> make_sequence_generator(const SequenceGeneratorOptions& options,
                                                           const SequenceSetting& setting);
std::shared_ptr<SequenceDiscriminator> make_sequence_discriminator(
    const SequenceDiscriminatorOptions& options, const SequenceSetting& setting);

}  // namespace ganymede
