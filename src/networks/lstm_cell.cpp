#include "networks/lstm_cell.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include "kernels/lstm_cells.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct LstmCell : torch::autograd::Function<LstmCell> {
  static variable_list forward(AutogradContext* context, const at::Tensor& from_state,
                               const at::Tensor& from_token, const at::Tensor& cell_before) {
    const LstmCells made = advance_lstm_cells(from_state.clone(), from_token, /*tokens=*/{}, cell_before);
    context->save_for_backward({made.gates, made.squashed, cell_before});
    return {made.hidden, made.cell};
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const LstmCellGradients made =
        lstm_cells_backward(gradients[0], gradients[1], saved[0], saved[1], saved[2]);
    return {made.gates, made.gates, made.cell_before};
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
  const LstmCells made = advance_lstm_cells(from_state, from_tokens, tokens, cell_before);
  return {made.hidden, made.cell};
}

}  // namespace ganymede
