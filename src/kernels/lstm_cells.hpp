// The arithmetic of an LSTM's cells, all rows and gates in one pass (Hochreiter and Schmidhuber 1997; as
// PyTorch's LSTMCell). tanh x is 2 sigmoid(2 x) - 1, so that one sigmoid serves all gates: that of the cell
// is doubled before, and what is called squashed is the sigmoid of twice the cell. The forms take contiguous
// tensors.
#pragma once

#include "kernels/form.hpp"

namespace ganymede {

struct LstmCells {
  at::Tensor hidden, cell;     // [rows, hidden_size]
  at::Tensor gates, squashed;  // what the backward pass needs
};

// The gates input, forget, cell and output, [rows, 4 x hidden_size], are the sums of `gates`, which is
// overwritten, and from_tokens: row by row or, where `tokens` int64 [rows] is defined, its row tokens[r] for
// row r. cell_before [rows, hidden_size].
GANYMEDE_CUDA_OPERATION(LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens,
                                                     const at::Tensor& tokens, const at::Tensor& cell_before))

struct LstmCellGradients {
  at::Tensor gates, cell_before;
};

GANYMEDE_CUDA_OPERATION(LstmCellGradients lstm_cells_backward(
    const at::Tensor& of_hidden, const at::Tensor& of_cell, const at::Tensor& gates,
    const at::Tensor& squashed, const at::Tensor& cell_before))

}  // namespace ganymede
