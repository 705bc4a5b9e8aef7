#include "networks/lstm.hpp"

#include "kernels/mixed_precision.hpp"
#include "networks/linear.hpp"

namespace ganymede {

Lstm::Lstm(std::int64_t vocabulary, std::int64_t embedding_size, std::int64_t hidden_size)
    : hidden_size_(hidden_size),
      embedding_(register_parameter("embedding", at::empty({vocabulary, embedding_size}))),
      input_(register_module("input", torch::nn::Linear(embedding_size, 4 * hidden_size))),
      hidden_(register_module("hidden", torch::nn::Linear(hidden_size, 4 * hidden_size))) {}

LstmState Lstm::start(std::int64_t rows) const {
  const at::Tensor zeros = at::zeros({rows, hidden_size_}, embedding_.options().requires_grad(false));
  return {zeros, zeros};
}

at::Tensor Lstm::token_gates() const {
  const at::NoGradGuard no_grad;
  return linear(input_, embedding_).add_(hidden_->bias);
}

LstmState Lstm::step(const at::Tensor& token_gates, const at::Tensor& tokens, const LstmState& state) const {
  const at::NoGradGuard no_grad;
  return lstm_cell_(product(state.hidden, hidden_->weight.t()), token_gates, tokens, state.cell);
}

std::vector<at::Tensor> Lstm::run(const at::Tensor& tokens) const {
  const std::int64_t length = tokens.size(0), rows = tokens.size(1);
  // One product for all steps: over the vocabulary, or over the tokens where they are fewer.
  const at::Tensor from_tokens =
      embedding_.size(0) <= tokens.numel()
          ? at::embedding(linear(input_, embedding_), tokens)
          : linear(input_, at::embedding(embedding_, tokens).flatten(0, 1)).view({length, rows, -1});
  LstmState state = start(rows);
  std::vector<at::Tensor> hidden;
  for (const at::Tensor& from_token : from_tokens.unbind()) {
    state = lstm_cell(linear(hidden_, state.hidden), from_token, state.cell);
    hidden.push_back(state.hidden);
  }
  return hidden;
}

}  // namespace ganymede
