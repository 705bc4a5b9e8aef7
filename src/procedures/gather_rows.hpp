// What all ranks have of a global batch, on every rank.
#pragma once

#include <ATen/ATen.h>

#include "data/samples/batch.hpp"
#include "distributed/gradient_exchange.hpp"

namespace ganymede {

// rows [local, ...] are this rank's places (places_of_rank, groups of `together`) of a global batch; returns
// those of all ranks in the order of places, [global_batch_size, ...]. Collective.
inline at::Tensor gather_rows(const at::Tensor& rows, std::int64_t global_batch_size,
                              Communicator& communicator, std::int64_t together = 1) {
  const int ranks = communicator.size();
  if (ranks == 1) return rows;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape[0] = places_of_rank(global_batch_size, 0, ranks, together).count;  // the most that a rank has
  const at::Tensor padded = at::zeros(shape, rows.options());
  padded.narrow(0, 0, rows.size(0)).copy_(rows);
  const at::Tensor gathered = communicator.gradients().all_gather(padded);
  std::vector<at::Tensor> of_ranks;
  for (int rank = 0; rank < ranks; ++rank)
    of_ranks.push_back(
        gathered[rank].narrow(0, 0, places_of_rank(global_batch_size, rank, ranks, together).count));
  return at::cat(of_ranks);
}

}  // namespace ganymede
