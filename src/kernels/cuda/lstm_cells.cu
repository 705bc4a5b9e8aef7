#include <ATen/ops/empty_like.h>

#include "kernels/arithmetic/lstm_cells.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/lstm_cells.hpp"

namespace ganymede::cuda {

LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& tokens,
                             const at::Tensor& cell_before) {
  const LstmCells made{.hidden = at::empty_like(cell_before),
                       .cell = at::empty_like(cell_before),
                       .gates = gates,
                       .squashed = at::empty_like(cell_before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "advance_lstm_cells", [&] {
    launch(
        gates.device(), cell_before.numel(),
        LstmCellAt<scalar_t>{gates.mutable_data_ptr<scalar_t>(), from_tokens.const_data_ptr<scalar_t>(),
                             tokens.defined() ? tokens.const_data_ptr<std::int64_t>() : nullptr,
                             cell_before.const_data_ptr<scalar_t>(), made.hidden.mutable_data_ptr<scalar_t>(),
                             made.cell.mutable_data_ptr<scalar_t>(),
                             made.squashed.mutable_data_ptr<scalar_t>(), cell_before.size(1)});
  });
  return made;
}

LstmCellGradients lstm_cells_backward(const at::Tensor& of_hidden, const at::Tensor& of_cell,
                                      const at::Tensor& gates, const at::Tensor& squashed,
                                      const at::Tensor& cell_before) {
  const LstmCellGradients made{.gates = at::empty_like(gates), .cell_before = at::empty_like(cell_before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "lstm_cells_backward", [&] {
    launch(gates.device(), cell_before.numel(),
           LstmCellBackwardAt<scalar_t>{
               made.gates.mutable_data_ptr<scalar_t>(), made.cell_before.mutable_data_ptr<scalar_t>(),
               of_hidden.const_data_ptr<scalar_t>(), of_cell.const_data_ptr<scalar_t>(),
               gates.const_data_ptr<scalar_t>(), squashed.const_data_ptr<scalar_t>(),
               cell_before.const_data_ptr<scalar_t>(), cell_before.size(1)});
  });
  return made;
}

}  // namespace ganymede::cuda
