// Datasets that lie in parts on the hosts: the same training, and what is said where something is missing.
#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

class NodeOrderTest : public ProgramTest {
 protected:
  static inline const Words kTwoNodes{"data.order.node.nodes=2"};

  ProgramResult train_staged(const std::string& name, int ranks) const {
    Words arguments = train_arguments(name, kTwoNodes);
    arguments.insert(arguments.end(), {"--stage", "stage"});
    return run(arguments, ranks);
  }
  // Where the only dataset in it lies.
  fs::path staged() const { return folder_ / "stage" / dataset().relative_path(); }
};

TEST_F(NodeOrderTest, StagedOrNotItIsTheSameTraining) {
  const fs::path whole = train("whole", 2, kTwoNodes);
  const ProgramResult first = train_staged("first", 2);
  ASSERT_EQ(first.exit_code, 0) << first.describe();
  EXPECT_THAT(first.output + first.errors, HasSubstr("2 of 2 shards staged"));
  EXPECT_EQ(weights_checksum(folder_ / "first", "step_00000020"), weights_checksum(whole, "step_00000020"));
  expect_close_losses(train("one", 1, kTwoNodes), whole, 1e-4);
}

TEST_F(NodeOrderTest, WhatIsThereAndSoundIsNotBroughtAgain) {
  ASSERT_EQ(run({"dataset", "stage", "mlp", "--to", "stage", "--set", "data.path=" + dataset().string()}, 2)
                .exit_code,
            0);
  flip_byte(staged() / "shard_00001.h5", 3000);
  const ProgramResult result = train_staged("run", 2);
  ASSERT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors, HasSubstr("1 of 2 shards staged"));
}

TEST_F(NodeOrderTest, ARunGoesOnFromTheDatasetThatItWasStagedFrom) {
  ASSERT_EQ(train_staged("run", 2).exit_code, 0);
  fs::remove_all(folder_ / "stage");
  resume("run", 1, {"train.steps=22"});
}

TEST_F(NodeOrderTest, ADamagedSourceIsNamedAndNotPassedOn) {
  fs::copy(dataset(), folder_ / "damaged");
  flip_byte(folder_ / "damaged" / "shard_00001.h5", 3000);
  Words arguments = train_arguments("run", {"data.path=damaged"});
  arguments.insert(arguments.end(), {"--stage", "stage"});
  const ProgramResult result = run(arguments, 2);
  EXPECT_EQ(result.exit_code, 3) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("damaged/shard_00001.h5: the CRC-32 is"));
  EXPECT_TRUE(fs::exists(folder_ / "stage" / "damaged" / "shard_00000.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "stage" / "damaged" / "shard_00001.h5"));
  EXPECT_FALSE(fs::exists(folder_ / "run" / "recipe.yaml"));
}

TEST_F(NodeOrderTest, TheDatasetItselfIsNoPlaceForCopies) {
  fs::create_directories(folder_ / "stage" / dataset().parent_path().relative_path());
  fs::create_directory_symlink(dataset(), staged());
  const ProgramResult result = train_staged("run", 2);
  EXPECT_EQ(result.exit_code, 2) << result.describe();
  EXPECT_THAT(result.errors, HasSubstr("this is the dataset itself"));
}

TEST_F(NodeOrderTest, LaunchStageTakesMpirunsOptionsAndARecipe) {
  const auto stage = [&](const Words& words) {
    return run_program(words,
                       {.program = GANYMEDE_SOURCE_DIR "/launch/stage", .working_folder = folder_.path()});
  };
  const ProgramResult done = stage({"stage", "-n", "2", "mlp", "--set", "data.path=" + dataset().string()});
  EXPECT_EQ(done.exit_code, 0) << done.describe();
  EXPECT_TRUE(fs::exists(staged() / "shard_00001.h5"));
  const ProgramResult nothing = stage({"stage"});
  EXPECT_EQ(nothing.exit_code, 2);
  EXPECT_THAT(nothing.errors, HasSubstr("expected DIR, mpirun's options, a recipe"));
}

}  // namespace
}  // namespace ganymede
