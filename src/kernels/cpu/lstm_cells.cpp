// Compiled with -O3 and -ffp-contract=off: vectorised; but for ATen's sigmoid the bits do not depend on the
// processor.
#include "kernels/lstm_cells.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sigmoid.h>

#include <algorithm>

#include "base/vectorised.hpp"
#include "kernels/arithmetic/lstm_cells.hpp"

namespace ganymede::cpu {
namespace {

constexpr std::int64_t kRowsTogether = 64;  // whose gates stay in the processor's cache

#define GANYMEDE_LSTM_FORWARD(T)                                                                         \
  GANYMEDE_VECTORISED void add_to_gates(T* __restrict gates, const T* __restrict more, std::int64_t n) { \
    for (std::int64_t c = 0; c < 4 * n; ++c) gates[c] += more[c];                                        \
    for (std::int64_t c = 2 * n; c < 3 * n; ++c) gates[c] *= 2;                                          \
  }                                                                                                      \
  GANYMEDE_VECTORISED void advance_cell(T* __restrict cell, T* __restrict doubled,                       \
                                        const T* __restrict gates, const T* __restrict before,           \
                                        std::int64_t n) {                                                \
    for (std::int64_t c = 0; c < n; ++c) {                                                               \
      cell[c] = advanced_cell(gates[c], gates[n + c], gates[2 * n + c], before[c]);                      \
      doubled[c] = 2 * cell[c];                                                                          \
    }                                                                                                    \
  }                                                                                                      \
  GANYMEDE_VECTORISED void let_out(T* __restrict hidden, const T* __restrict gates,                      \
                                   const T* __restrict squashed, std::int64_t n) {                       \
    for (std::int64_t c = 0; c < n; ++c) hidden[c] = hidden_of(gates[3 * n + c], squashed[c]);           \
  }
#define GANYMEDE_LSTM_BACKWARD(T)                                                                           \
  GANYMEDE_VECTORISED void cell_backward(T* __restrict d_gates, T* __restrict d_before,                     \
                                         const T* __restrict d_hidden, const T* __restrict d_cell,          \
                                         const T* __restrict gates, const T* __restrict squashed,           \
                                         const T* __restrict before, std::int64_t n) {                      \
    for (std::int64_t c = 0; c < n; ++c) {                                                                  \
      const CellSlopes<T> slopes = cell_slopes(d_hidden[c], d_cell[c], gates[c], gates[n + c],              \
                                               gates[2 * n + c], gates[3 * n + c], squashed[c], before[c]); \
      d_gates[c] = slopes.input;                                                                            \
      d_gates[n + c] = slopes.forget;                                                                       \
      d_gates[2 * n + c] = slopes.candidate;                                                                \
      d_gates[3 * n + c] = slopes.output;                                                                   \
      d_before[c] = slopes.before;                                                                          \
    }                                                                                                       \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_LSTM_FORWARD)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_LSTM_BACKWARD)

}  // namespace

LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& tokens,
                             const at::Tensor& cell_before) {
  const std::int64_t rows = gates.size(0), n = gates.size(1) / 4;
  const auto* const number = tokens.defined() ? tokens.const_data_ptr<std::int64_t>() : nullptr;
  const LstmCells made{.hidden = at::empty_like(cell_before),
                       .cell = at::empty_like(cell_before),
                       .gates = gates,
                       .squashed = at::empty_like(cell_before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "advance_lstm_cells", [&] {
    auto* const gate = gates.mutable_data_ptr<scalar_t>();
    auto* const hidden = made.hidden.mutable_data_ptr<scalar_t>();
    auto* const cell = made.cell.mutable_data_ptr<scalar_t>();
    auto* const squashed = made.squashed.mutable_data_ptr<scalar_t>();
    const auto* const addend = from_tokens.const_data_ptr<scalar_t>();
    const auto* const old = cell_before.const_data_ptr<scalar_t>();
    at::parallel_for(0, rows, kRowsTogether, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t first = begin; first < end; first += kRowsTogether) {
        const std::int64_t last = std::min(first + kRowsTogether, end);
        for (std::int64_t r = first; r < last; ++r)
          add_to_gates(gate + r * 4 * n, addend + (number != nullptr ? number[r] : r) * 4 * n, n);
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

LstmCellGradients lstm_cells_backward(const at::Tensor& of_hidden, const at::Tensor& of_cell,
                                      const at::Tensor& gates, const at::Tensor& squashed,
                                      const at::Tensor& cell_before) {
  const LstmCellGradients made{.gates = at::empty_like(gates), .cell_before = at::empty_like(cell_before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "lstm_cells_backward", [&] {
    const std::int64_t rows = gates.size(0), n = gates.size(1) / 4;
    at::parallel_for(0, rows, kRowsTogether, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        cell_backward(
            made.gates.mutable_data_ptr<scalar_t>() + r * 4 * n,
            made.cell_before.mutable_data_ptr<scalar_t>() + r * n,
            of_hidden.const_data_ptr<scalar_t>() + r * n, of_cell.const_data_ptr<scalar_t>() + r * n,
            gates.const_data_ptr<scalar_t>() + r * 4 * n, squashed.const_data_ptr<scalar_t>() + r * n,
            cell_before.const_data_ptr<scalar_t>() + r * n, n);
    });
  });
  return made;
}

}  // namespace ganymede::cpu
