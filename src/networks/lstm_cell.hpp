// One step of an LSTM's cells, all rows and gates in one pass (Hochreiter and Schmidhuber 1997; as PyTorch's
// LSTMCell).
#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// Of sequences that are under way: [rows, hidden_size] each.
struct LstmState {
  at::Tensor hidden, cell;

  // These sequences and, behind them, the first `rows` of them so many times again.
  LstmState branched(std::int64_t rows, std::int64_t times) const;
};

// The state after the gates input, forget, cell and output, which are the sums of from_state and from_token,
// [rows, 4 x hidden_size]. With a graph to both and to the cell before.
LstmState lstm_cell(const at::Tensor& from_state, const at::Tensor& from_token,
                    const at::Tensor& cell_before);

// Without a graph: row r gets row tokens[r] of from_tokens [vocabulary, 4 x hidden_size]. Overwrites
// from_state.
LstmState lstm_cell_(const at::Tensor& from_state, const at::Tensor& from_tokens, const at::Tensor& tokens,
                     const at::Tensor& cell_before);

}  // namespace ganymede
