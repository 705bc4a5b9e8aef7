// A replica that goes its own way ends training, which names its rank.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"
#include "tests/support/fake_run.hpp"
#include "tests/support/mpi_environment.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

// Each rank has weights of its own memory; the last rank spoils its own after 5 steps.
void train_with_a_spoilt_replica(const TrainOptions& options) {
  const TemporaryFolder folder;
  const std::vector<DatasetIndex> indices = write_fake_datasets(folder.path());
  Communicator& ranks = over_messages();
  FakeProcedure procedure(ranks);
  if (ranks.rank() + 1 == ranks.size()) procedure.spoil_weights_after(5);
  train({.options = options, .start = {}}, procedure, open_sources(indices, procedure.schedule(), 0, ranks),
        {}, ranks);
}

TEST(SpoiltReplica, IsNamedAtTheNextComparison) {
  if (world().size() == 1) return;
  const std::string last = fmt::format("rank {} on ", world().size() - 1);
  expect_error<AgreedError>([] { train_with_a_spoilt_replica({.steps = 9, .compare_every = 3}); },
                            {"step 6: ", last});
}

TEST(SpoiltReplica, IsNamedAtTheNextCheckpoint) {
  if (world().size() == 1) return;
  expect_error<AgreedError>([] { train_with_a_spoilt_replica({.steps = 9, .checkpoint_every = 8}); },
                            {"step 8: "});
}

}  // namespace
}  // namespace ganymede
