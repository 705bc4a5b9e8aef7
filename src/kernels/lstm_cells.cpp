#include "kernels/lstm_cells.hpp"

namespace ganymede {

LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& tokens,
                             const at::Tensor& cell_before) {
  const Form form = form_of("advance_lstm_cells", gates, from_tokens, tokens, cell_before);
  return GANYMEDE_IN_FORM_OR_CUDA(form, advance_lstm_cells, gates, from_tokens.contiguous(),
                                  tokens.defined() ? tokens.contiguous() : tokens, cell_before.contiguous());
}

LstmCellGradients lstm_cells_backward(const at::Tensor& of_hidden, const at::Tensor& of_cell,
                                      const at::Tensor& gates, const at::Tensor& squashed,
                                      const at::Tensor& cell_before) {
  const Form form = form_of("lstm_cells_backward", of_hidden, of_cell, gates, squashed, cell_before);
  return GANYMEDE_IN_FORM_OR_CUDA(form, lstm_cells_backward, of_hidden.contiguous(), of_cell.contiguous(),
                                  gates, squashed, cell_before.contiguous());
}

}  // namespace ganymede
