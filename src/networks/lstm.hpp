// A long short-term memory layer over tokens (Hochreiter and Schmidhuber 1997; as PyTorch's nn.LSTM).
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/linear.h>

#include <vector>

#include "networks/lstm_cell.hpp"

namespace ganymede {

class Lstm final : public torch::nn::Module {
 public:
  // Embeds tokens 0 ... vocabulary - 1 in embedding_size numbers.
  Lstm(std::int64_t vocabulary, std::int64_t embedding_size, std::int64_t hidden_size);

  LstmState start(std::int64_t rows) const;
  // What each token of the vocabulary adds to the gates, with all biases, [vocabulary, 4 x hidden_size]: as
  // long as the weights are what they are. Then a step needs no product for its tokens. Without a graph.
  at::Tensor token_gates() const;
  // One step: tokens int64 [rows], by token_gates(). Without a graph.
  LstmState step(const at::Tensor& token_gates, const at::Tensor& tokens, const LstmState& state) const;
  // All steps from the start: tokens int64 [length, rows] to hidden states [rows, hidden_size], [step].
  std::vector<at::Tensor> run(const at::Tensor& tokens) const;

 private:
  const std::int64_t hidden_size_;
  at::Tensor embedding_;              // [vocabulary, embedding_size]
  torch::nn::Linear input_, hidden_;  // to the gates input, forget, cell, output
};

}  // namespace ganymede
