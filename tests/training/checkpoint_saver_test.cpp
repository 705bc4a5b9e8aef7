// Checkpoints that are written while training goes on, and what becomes of those that cannot be.
#include "training/checkpoint_saver.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "distributed/loopback_communicator.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_run.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class CheckpointSavers : public testing::Test {
 protected:
  static void save(CheckpointSaver& saver, std::int64_t step) {
    saver.on_checkpoint({.step = step, .sources = {{.folder = "/data/small", .spec = point_spec(2)}}},
                        {{"generator/parameters/weight", at::full({10}, static_cast<double>(step))}});
  }
  // No folder can be made where a file is; root may write to any.
  void spoil_store() const {
    fs::remove_all(store_.path_of(0).parent_path());
    write_text(store_.path_of(0).parent_path(), "in the way");
  }
  void mend_store() const { fs::remove(store_.path_of(0).parent_path()); }

  const TemporaryFolder folder_;
  CheckpointStore store_{folder_ / "checkpoints"};
};

TEST_F(CheckpointSavers, WriteInAThreadOfTheirOwnOneAtATime) {
  CheckpointSaver saver(store_, {.keep = {.newest = 2}});
  {
    const FaultyDisk disk = FaultyDisk::of_bytes(0);  // of this thread
    save(saver, 1);
    save(saver, 2);
    EXPECT_THAT(CheckpointStore(folder_ / "checkpoints").steps(), testing::Contains(1)) << "2 waits for 1";
    save(saver, 3);
    saver.on_end();
  }
  EXPECT_THAT(store_.steps(), ElementsAre(3, 2));
  EXPECT_EQ(store_.read(3).state.front().tensor[0].item<float>(), 3);
}

TEST_F(CheckpointSavers, FinishWhatTheyWriteWhereTrainingThrows) {
  {
    CheckpointSaver saver(store_, {});
    save(saver, 1);
  }
  EXPECT_THAT(store_.steps(), ElementsAre(1));
}

TEST_F(CheckpointSavers, AFailureEndsTrainingAtTheNextCall) {
  const std::vector<std::string> words{"checkpoint of step 1", "could not be written", "checkpoints"};
  for (const int call : {0, 1, 2}) {
    CheckpointSaver saver(store_, {});
    spoil_store();
    save(saver, 1);
    const auto begin = std::chrono::steady_clock::now();
    const auto report_until_it_throws = [&] {
      while (std::chrono::steady_clock::now() - begin < std::chrono::seconds(20)) saver.on_report({});
    };
    if (call == 0) expect_error<Error>(report_until_it_throws, words);
    if (call == 1) expect_error<Error>([&] { save(saver, 2); }, words);
    if (call == 2) expect_error<Error>([&] { saver.on_end(); }, words);
  }
}

TEST_F(CheckpointSavers, AFailureMayCostAWarningButNotTheLastCheckpoint) {
  CheckpointSaver saver(store_, {.on_checkpoint_failure = CheckpointFailure::warn});
  save(saver, 1);
  save(saver, 2);
  saver.on_end();
  spoil_store();
  save(saver, 3);
  save(saver, 4);
  expect_error<Error>([&] { saver.on_end(); }, {"checkpoint of step 4"});
  mend_store();
  save(saver, 5);
  saver.on_report({});
  saver.on_end();
  EXPECT_THAT(store_.steps(), ElementsAre(5));
}

TEST_F(CheckpointSavers, AllRanksLeaveWhereOneCheckpointCannotBeWritten) {
  const auto indices = write_fake_datasets(folder_ / "data");
  fs::create_directory(folder_ / "run");
  write_text(folder_ / "run" / "checkpoints", "in the way");
  const TrainOptions options{.steps = 6, .report_every = 1, .sample_every = 100, .checkpoint_every = 2};
  run_loopback_ranks(3, [&](Communicator& communicator) {
    expect_error<AgreedError>([&] { train_fake(folder_ / "run", indices, options, communicator); },
                              {"checkpoint of step", "could not be written"});
  });
}

TEST_F(CheckpointSavers, WhereTrainingDivergesTheLastOneIsOnDiskFirst) {
  CheckpointSaver saver(store_, {});
  save(saver, 1);
  saver.on_divergence();
  EXPECT_THAT(store_.steps(), ElementsAre(1));
  spoil_store();
  save(saver, 2);
  expect_error<Error>([&] { saver.on_divergence(); }, {"checkpoint of step 2"});
  CheckpointSaver warning(store_, {.on_checkpoint_failure = CheckpointFailure::warn});
  save(warning, 2);
  warning.on_divergence();
}

}  // namespace
}  // namespace ganymede
