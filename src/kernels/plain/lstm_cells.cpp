#include "kernels/lstm_cells.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& tokens,
                             const at::Tensor& cell_before) {
  const at::NoGradGuard no_grad;
  gates.add_(tokens.defined() ? from_tokens.index_select(0, tokens) : from_tokens);
  const std::vector<at::Tensor> parts = gates.chunk(4, 1);
  parts[2].mul_(2);
  gates.sigmoid_();
  const at::Tensor cell = parts[1] * cell_before + parts[0] * (2 * parts[2] - 1);
  const at::Tensor squashed = (2 * cell).sigmoid_();
  return {.hidden = parts[3] * (2 * squashed - 1), .cell = cell, .gates = gates, .squashed = squashed};
}

LstmCellGradients lstm_cells_backward(const at::Tensor& of_hidden, const at::Tensor& of_cell,
                                      const at::Tensor& gates, const at::Tensor& squashed,
                                      const at::Tensor& cell_before) {
  const at::NoGradGuard no_grad;
  const std::vector<at::Tensor> parts = gates.chunk(4, 1);
  const at::Tensor &input = parts[0], &forget = parts[1], &output = parts[3];
  const at::Tensor candidate = 2 * parts[2] - 1, tanh = 2 * squashed - 1;
  const at::Tensor at_cell = of_cell + of_hidden * output * (1 - tanh * tanh);
  return {.gates = at::cat(
              {at_cell * candidate * input * (1 - input), at_cell * cell_before * forget * (1 - forget),
               at_cell * input * (1 - candidate * candidate), of_hidden * tanh * output * (1 - output)},
              1),
          .cell_before = at_cell * forget};
}

}  // namespace ganymede::plain
