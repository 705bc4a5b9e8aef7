// The ranks' training of a GAN beside the same training on rank 0 alone.
#pragma once

#include <gtest/gtest.h>

#include "distributed/agreement.hpp"
#include "distributed/loopback_communicator.hpp"
#include "procedures/training_state.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {

inline constexpr std::uint64_t kComparisonSeed = 3;
inline constexpr int kComparisonSteps = 20;

struct RankTraining {
  at::Tensor losses;  // [steps, 2], of the global batch
  std::uint32_t checksum = 0;
};

// batches_of(step): this rank's rows.
template <typename BatchesOf>
RankTraining train_on_ranks(Procedure& gan, std::int64_t steps, const BatchesOf& batches_of,
                            Communicator& communicator) {
  RankTraining training{.losses = at::empty({steps, 2}, at::kDouble)};
  for (std::int64_t step = 0; step < steps; ++step)
    training.losses[step] = at::tensor(take_losses(gan, step, batches_of(step)), at::kDouble);
  communicator.all_reduce_sum_(training.losses);
  training.checksum = checksum_state(gan);
  return training;
}

inline void expect_equal_replicas(std::uint32_t checksum) {
  const at::Tensor checksums =
      world().all_gather(at::full({1}, static_cast<std::int64_t>(checksum), at::kLong));
  for (int rank = 0; rank < world().size(); ++rank)
    EXPECT_EQ(checksums[rank].item<std::int64_t>(), checksums[0].item<std::int64_t>())
        << "replica of rank " << rank;
}

// Of `train` on rank 0 alone, on all ranks.
template <typename Train>
at::Tensor losses_of_one_rank(std::int64_t steps, const Train& train) {
  at::Tensor alone = at::empty({steps, 2}, at::kDouble);
  agree_on_root(world(),
                [&] { run_loopback_ranks(1, [&](Communicator& one) { alone = train(one).losses; }); });
  world().broadcast_(alone);
  return alone;
}

}  // namespace ganymede
