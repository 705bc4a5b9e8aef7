#include <ATen/ops/empty_like.h>

#include "kernels/arithmetic/lstm_cells.hpp"
#include "kernels/cuda/launch.cuh"
#include "kernels/lstm_cells.hpp"

namespace ganymede::cuda {

LstmCells advance_lstm_cells(const at::Tensor& gates, const at::Tensor& from_tokens, const at::Tensor& tokens,
                             const at::Tensor& cell_before) {
  const at::Tensor addends = from_tokens.contiguous(), before = cell_before.contiguous();
  const at::Tensor numbers = tokens.defined() ? tokens.contiguous() : tokens;
  const LstmCells made{.hidden = at::empty_like(before),
                       .cell = at::empty_like(before),
                       .gates = gates,
                       .squashed = at::empty_like(before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "advance_lstm_cells", [&] {
    launch(gates.device(), before.numel(),
           LstmCellAt<scalar_t>{gates.mutable_data_ptr<scalar_t>(), addends.const_data_ptr<scalar_t>(),
                                numbers.defined() ? numbers.const_data_ptr<std::int64_t>() : nullptr,
                                before.const_data_ptr<scalar_t>(), made.hidden.mutable_data_ptr<scalar_t>(),
                                made.cell.mutable_data_ptr<scalar_t>(),
                                made.squashed.mutable_data_ptr<scalar_t>(), before.size(1)});
  });
  return made;
}

LstmCellGradients lstm_cells_backward(const at::Tensor& of_hidden, const at::Tensor& of_cell,
                                      const at::Tensor& gates, const at::Tensor& squashed,
                                      const at::Tensor& cell_before) {
  const at::Tensor before = cell_before.contiguous(), at_hidden = of_hidden.contiguous(),
                   at_cell = of_cell.contiguous();
  const LstmCellGradients made{.gates = at::empty_like(gates), .cell_before = at::empty_like(before)};
  AT_DISPATCH_FLOATING_TYPES(gates.scalar_type(), "lstm_cells_backward", [&] {
    launch(gates.device(), before.numel(),
           LstmCellBackwardAt<scalar_t>{
               made.gates.mutable_data_ptr<scalar_t>(), made.cell_before.mutable_data_ptr<scalar_t>(),
               at_hidden.const_data_ptr<scalar_t>(), at_cell.const_data_ptr<scalar_t>(),
               gates.const_data_ptr<scalar_t>(), squashed.const_data_ptr<scalar_t>(),
               before.const_data_ptr<scalar_t>(), before.size(1)});
  });
  return made;
}

}  // namespace ganymede::cuda
