#include "networks/lstm.hpp"

#include "networks/linear.hpp"

namespace ganymede {

LstmState LstmState::branched(std::int64_t rows, std::int64_t times) const {
  const auto with_branches = [&](const at::Tensor& all) {
    return at::cat({all, all.narrow(0, 0, rows).repeat({times, 1})});
  };
  return {with_branches(hidden), with_branches(cell)};
}

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
  return linear(input_, embedding_);
}

LstmState Lstm::step(const at::Tensor& token_gates, const at::Tensor& tokens, const LstmState& state) const {
  return advance(token_gates.index_select(0, tokens), state);
}

std::vector<at::Tensor> Lstm::run(const at::Tensor& tokens) const {
  const std::int64_t length = tokens.size(0), rows = tokens.size(1);
  // One product for all steps: over the vocabulary, or over the tokens where they are fewer.
  const at::Tensor from_tokens =
      embedding_.size(0) <= tokens.numel()
          ? at::embedding(token_gates(), tokens)
          : linear(input_, at::embedding(embedding_, tokens).flatten(0, 1)).view({length, rows, -1});
  LstmState state = start(rows);
  std::vector<at::Tensor> hidden;
  for (std::int64_t step = 0; step < length; ++step) {
    state = advance(from_tokens[step], state);
    hidden.push_back(state.hidden);
  }
  return hidden;
}

LstmState Lstm::advance(const at::Tensor& from_token, const LstmState& state) const {
  const std::vector<at::Tensor> gates = (from_token + linear(hidden_, state.hidden)).chunk(4, 1);
  const at::Tensor cell = gates[1].sigmoid() * state.cell + gates[0].sigmoid() * gates[2].tanh();
  return {gates[3].sigmoid() * cell.tanh(), cell};
}

}  // namespace ganymede
