// Networks over sequences of tokens. All sequences of a batch have one length; token 0 stands before the
// first, for the generator alone: what the discriminator sees of real and generated sequences is the same.
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "networks/lstm.hpp"
#include "networks/network.hpp"

namespace ganymede {

struct SequenceSetting {
  std::int64_t vocabulary = 0;  // tokens are 0 ... vocabulary - 1
  std::int64_t length = 0;      // of all sequences
  std::uint64_t seed = 0;
  StreamCode id = {};
  at::TensorOptions compute = at::kFloat;
};

// Embedding, LSTM, and a linear layer to the logits of the next token (Yu et al. 2017, section 3.2).
struct LstmGeneratorOptions {
  std::int64_t embedding_size = 128, hidden_size = 256;
  std::optional<double> initial_deviation = {};  // N(0, this) for all parameters; PyTorch's without
};

// Embedding, LSTM, and a linear layer from its last state to a logit.
struct LstmDiscriminatorOptions {
  std::int64_t embedding_size = 128, hidden_size = 256;
};

// Embedding, convolutions of several widths over words, each with a ReLU and its maximum over the sequence, a
// highway layer, dropout, and a linear layer to a logit (Yu et al. 2017, appendix; the defaults are theirs).
struct CnnDiscriminatorOptions {
  std::int64_t embedding_size = 64;
  std::vector<std::int64_t> filter_widths = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20};
  std::vector<std::int64_t> filters = {100, 200, 200, 200, 200, 100,
                                       100, 100, 100, 100, 160, 160};  // [width]
  double dropout = 0.25;
  double output_penalty = 0.2;  // weight of half the squared norm of the last layer in the loss
};

using SequenceGeneratorOptions = std::variant<LstmGeneratorOptions>;
using SequenceDiscriminatorOptions = std::variant<LstmDiscriminatorOptions, CnnDiscriminatorOptions>;

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
  virtual RolloutLogits rollout_logits(const at::Tensor& tokens, const at::Tensor& rollouts) = 0;

  // What its loss gets beside that of a batch: a scalar with a graph; undefined where there is nothing.
  virtual at::Tensor penalty() const { return {}; }

  std::int64_t hidden_layers() const override { return 0; }
};

std::shared_ptr<SequenceGenerator> make_sequence_generator(const SequenceGeneratorOptions& options,
                                                           const SequenceSetting& setting);
std::shared_ptr<SequenceDiscriminator> make_sequence_discriminator(
    const SequenceDiscriminatorOptions& options, const SequenceSetting& setting);

}  // namespace ganymede
