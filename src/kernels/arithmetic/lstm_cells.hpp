// Of one cell. Gates are sigmoids; that of the cell is of twice its sum, as `squashed` is of twice the cell:
// 2 sigmoid(2 x) - 1 is tanh x.
#pragma once

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

}  // namespace ganymede
