// Of one cell. Gates are sigmoids; that of the cell is of twice its sum, as `squashed` is of twice the cell:
// 2 sigmoid(2 x) - 1 is tanh x.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/host_device.hpp"

namespace ganymede {

template <typename T>
GANYMEDE_HOST_DEVICE T advanced_cell(T input, T forget, T candidate, T before) {
  return forget * before + input * (2 * candidate - 1);
}
template <typename T>
GANYMEDE_HOST_DEVICE T hidden_of(T output, T squashed) {
  return output * (2 * squashed - 1);
}

template <typename T>
struct CellSlopes {
  T input, forget, candidate, output, before;
};
template <typename T>
GANYMEDE_HOST_DEVICE CellSlopes<T> cell_slopes(T of_hidden, T of_cell, T input, T forget, T doubled_candidate,
                                               T output, T squashed, T before) {
  const T candidate = 2 * doubled_candidate - 1, tanh = 2 * squashed - 1;
  const T at_cell = of_cell + of_hidden * output * (1 - tanh * tanh);
  return {at_cell * candidate * input * (1 - input), at_cell * before * forget * (1 - forget),
          at_cell * input * (1 - candidate * candidate), of_hidden * tanh * output * (1 - output),
          at_cell * forget};
}

template <typename T>
GANYMEDE_HOST_DEVICE T sigmoid(T x) {
  return 1 / (1 + std::exp(-x));
}

// Cell i of [rows, n]; the gates, 4 n a row, become their sigmoids. tokens: row of `addends` for each row, or
// null: its own.
template <typename T>
struct LstmCellAt {
  T* gates;
  const T* addends;
  const std::int64_t* tokens;
  const T* before;
  T *hidden, *cell, *squashed;
  std::int64_t n;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t row = i / n, column = i % n;
    T* gate = gates + row * 4 * n + column;
    const T* addend = addends + (tokens != nullptr ? tokens[row] : row) * 4 * n + column;
    for (int k = 0; k < 4; ++k) gate[k * n] = sigmoid((k == 2 ? 2 : 1) * (gate[k * n] + addend[k * n]));
    cell[i] = advanced_cell(gate[0], gate[n], gate[2 * n], before[i]);
    squashed[i] = sigmoid(2 * cell[i]);
    hidden[i] = hidden_of(gate[3 * n], squashed[i]);
  }
};

template <typename T>
struct LstmCellBackwardAt {
  T *at_gates, *at_before;
  const T *of_hidden, *of_cell, *gates, *squashed, *before;
  std::int64_t n;
  GANYMEDE_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t first = i / n * 4 * n + i % n;
    const T* gate = gates + first;
    const CellSlopes<T> slopes = cell_slopes(of_hidden[i], of_cell[i], gate[0], gate[n], gate[2 * n],
                                             gate[3 * n], squashed[i], before[i]);
    T* to = at_gates + first;
    to[0] = slopes.input;
    to[n] = slopes.forget;
    to[2 * n] = slopes.candidate;
    to[3 * n] = slopes.output;
    at_before[i] = slopes.before;
  }
};

}  // namespace ganymede
