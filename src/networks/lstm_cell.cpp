// Compiled with -O3 and -ffp-contract=off: vectorised; but for ATen's sigmoid the bits do not depend on the
// processor.
#include "networks/lstm_cell.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "base/vectorised.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr std::int64_t kRowsTogether = 64;  // whose gates stay in the processor's cache

// tanh x is 2 sigmoid(2 x) - 1, so that one sigmoid serves all gates: that of the cell is doubled before, and
// what is called squashed is the sigmoid of twice the cell.
#define GANYMEDE_LSTM_FORWARD(T)                                                                         \
  GANYMEDE_VECTORISED void add_to_gates(T* __restrict gates, const T* __restrict more, std::int64_t n) { \
    for (std::int64_t c = 0; c < 4 * n; ++c) gates[c] += more[c];                                        \
    for (std::int64_t c = 2 * n; c < 3 * n; ++c) gates[c] *= 2;                                          \
  }                                                                                                      \
  GANYMEDE_VECTORISED void advance_cell(T* __restrict cell, T* __restrict doubled,                       \
                                        const T* __restrict gates, const T* __restrict before,           \
                                        std::int64_t n) {                                                \
    for (std::int64_t c = 0; c < n; ++c) {                                                               \
      cell[c] = gates[n + c] * before[c] + gates[c] * (2 * gates[2 * n + c] - 1);                        \
      doubled[c] = 2 * cell[c];                                                                          \
    }                                                                                                    \
  }                                                                                                      \
  GANYMEDE_VECTORISED void let_out(T* __restrict hidden, const T* __restrict gates,                      \
                                   const T* __restrict squashed, std::int64_t n) {                       \
    for (std::int64_t c = 0; c < n; ++c) hidden[c] = gates[3 * n + c] * (2 * squashed[c] - 1);           \
  }
#define GANYMEDE_LSTM_BACKWARD(T)                                                                  \
  GANYMEDE_VECTORISED void cell_backward(T* __restrict d_gates, T* __restrict d_before,            \
                                         const T* __restrict d_hidden, const T* __restrict d_cell, \
                                         const T* __restrict gates, const T* __restrict squashed,  \
                                         const T* __restrict before, std::int64_t n) {             \
    for (std::int64_t c = 0; c < n; ++c) {                                                         \
      const T input = gates[c], forget = gates[n + c], candidate = 2 * gates[2 * n + c] - 1;       \
      const T output = gates[3 * n + c], tanh = 2 * squashed[c] - 1;                               \
      const T at_cell = d_cell[c] + d_hidden[c] * output * (1 - tanh * tanh);                      \
      d_gates[c] = at_cell * candidate * input * (1 - input);                                      \
      d_gates[n + c] = at_cell * before[c] * forget * (1 - forget);                                \
      d_gates[2 * n + c] = at_cell * input * (1 - candidate * candidate);                          \
      d_gates[3 * n + c] = d_hidden[c] * tanh * output * (1 - output);                             \
      d_before[c] = at_cell * forget;                                                              \
    }                                                                                              \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_LSTM_FORWARD)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_LSTM_BACKWARD)

struct Advanced {
  LstmState state;
  at::Tensor gates, squashed;  // what the backward pass needs
};

// gates: from the state; overwritten. row_of_token(r): which row of from_tokens is added to row r.
template <typename RowOfToken>
Advanced advance(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& cell_before,
                 const RowOfToken& row_of_token) {
  const std::int64_t rows = gates.size(0), n = gates.size(1) / 4;
  const at::Tensor tokens = from_tokens.contiguous(), before = cell_before.contiguous();
  const Advanced made{.state = {at::empty_like(before), at::empty_like(before)},
                      .gates = gates,
                      .squashed = at::empty_like(before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "lstm_cell", [&] {
    auto* const gate = gates.mutable_data_ptr<scalar_t>();
    auto* const hidden = made.state.hidden.mutable_data_ptr<scalar_t>();
    auto* const cell = made.state.cell.mutable_data_ptr<scalar_t>();
    auto* const squashed = made.squashed.mutable_data_ptr<scalar_t>();
    const auto* const token = tokens.const_data_ptr<scalar_t>();
    const auto* const old = before.const_data_ptr<scalar_t>();
    at::parallel_for(0, rows, kRowsTogether, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t first = begin; first < end; first += kRowsTogether) {
        const std::int64_t last = std::min(first + kRowsTogether, end);
        for (std::int64_t r = first; r < last; ++r)
          add_to_gates(gate + r * 4 * n, token + row_of_token(r) * 4 * n, n);
        gates.narrow(0, first, last - first).sigmoid_();
        for (std::int64_t r = first; r < last; ++r)
          advance_cell(cell + r * n, squashed + r * n, gate + r * 4 * n, old + r * n, n);
        made.squashed.narrow(0, first, last - first).sigmoid_();
        for (std::int64_t r = first; r < last; ++r)
          let_out(hidden + r * n, gate + r * 4 * n, squashed + r * n, n);
      }
    });
  });
  return made;
}

struct LstmCell : torch::autograd::Function<LstmCell> {
  static variable_list forward(AutogradContext* context, const at::Tensor& from_state,
                               const at::Tensor& from_token, const at::Tensor& cell_before) {
    const Advanced made =
        advance(from_state.clone(), from_token, cell_before, [](std::int64_t r) { return r; });
    context->save_for_backward({made.gates, made.squashed, cell_before});
    return {made.state.hidden, made.state.cell};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor gates = saved[0], squashed = saved[1], before = saved[2].contiguous();
    const at::Tensor of_hidden = gradients[0].contiguous(), of_cell = gradients[1].contiguous();
    const at::Tensor at_gates = at::empty_like(gates), at_before = at::empty_like(before);
    AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "lstm_cell_backward", [&] {
      const std::int64_t rows = gates.size(0), n = gates.size(1) / 4;
      at::parallel_for(0, rows, kRowsTogether, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r)
          cell_backward(
              at_gates.mutable_data_ptr<scalar_t>() + r * 4 * n,
              at_before.mutable_data_ptr<scalar_t>() + r * n, of_hidden.const_data_ptr<scalar_t>() + r * n,
              of_cell.const_data_ptr<scalar_t>() + r * n, gates.const_data_ptr<scalar_t>() + r * 4 * n,
              squashed.const_data_ptr<scalar_t>() + r * n, before.const_data_ptr<scalar_t>() + r * n, n);
      });
    });
    return {at_gates, at_gates, at_before};
  }
};

}  // namespace

LstmState LstmState::branched(std::int64_t rows, std::int64_t times) const {
  const auto with_branches = [&](const at::Tensor& all) {
    return at::cat({all, all.narrow(0, 0, rows).repeat({times, 1})});
  };
  return {with_branches(hidden), with_branches(cell)};
}

LstmState lstm_cell(const at::Tensor& from_state, const at::Tensor& from_token,
                    const at::Tensor& cell_before) {
  const variable_list state = LstmCell::apply(from_state, from_token, cell_before);
  return {state[0], state[1]};
}

LstmState lstm_cell_(const at::Tensor& from_state, const at::Tensor& from_tokens, const at::Tensor& tokens,
                     const at::Tensor& cell_before) {
  const at::NoGradGuard no_grad;
  const at::Tensor numbers = tokens.contiguous();
  const auto* const number = numbers.const_data_ptr<std::int64_t>();
  return advance(from_state, from_tokens, cell_before, [=](std::int64_t r) { return number[r]; }).state;
}

}  // namespace ganymede
