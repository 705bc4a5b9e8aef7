// Training that diverges and goes back (train.on_divergence). A learning rate of 1e15 makes weights that are
// not finite in two steps, one of 1e-4 does not.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/cli/program_test.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class RollbackTest : public ProgramTest {
 protected:
  // Four good steps, with a checkpoint.
  fs::path train_four(const std::string& run_name, const Words& settings = {}) const {
    Words all{"train.steps=4"};
    all.insert(all.end(), settings.begin(), settings.end());
    return train(run_name, 2, all);
  }
  // Goes on from them at the rate that is too high.
  ProgramResult diverge(const std::string& run_name, int ranks, const Words& settings) const {
    return run(diverging(run_name, settings), ranks);
  }
  Words diverging(const std::string& run_name, const Words& settings) const {
    Words arguments = resume_arguments(
        run_name, {"gan.generator.optimizer.adam.learning_rate=1e15", "train.checkpoint_every=6"});
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    arguments.insert(arguments.end(), {"--allow-change", "gan.generator.optimizer"});
    return arguments;
  }
  // [line], without the epoch and the rest.
  static std::vector<std::int64_t> reported_steps(const fs::path& run) {
    std::vector<std::int64_t> steps;
    for (const auto& line : read_metrics(run)) steps.push_back(line.at("step").get<std::int64_t>());
    return steps;
  }

  const std::string lower_ = "train.on_divergence={rollback: {learning_rate: 1.0e-19}}";
};

TEST_F(RollbackTest, GoesBackToTheLastCheckpointAndOnToTheEnd) {
  const fs::path run_folder = train_four("run");
  const ProgramResult result = diverge("run", 2, {"train.steps=8", "train.sample_every=5", lower_});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors,
              AllOf(HasSubstr("step 6: generator_loss is "), HasSubstr("generator/parameters/layers."),
                    HasSubstr("back to step 4 "), HasSubstr("1e-19 times"), HasSubstr("rollback 1 of 3"),
                    HasSubstr("finished at step 8 of 8")));
  EXPECT_THAT(reported_steps(run_folder), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(list_checkpoints(run_folder), ElementsAre("step_00000004", "step_00000006", "step_00000008"));
  EXPECT_EQ(read_manifest(run_folder, "step_00000008").at("rollbacks"), 1);
  EXPECT_EQ(read_manifest(run_folder, "step_00000004").at("rollbacks"), 0);
  EXPECT_THAT(run({"checkpoint", "show", "run"}).output, HasSubstr("went back 1 time before"));
}

TEST_F(RollbackTest, BeforeTheFirstCheckpointItBeginsAgain) {
  const ProgramResult result = run(
      train_arguments("run", {"train.steps=6", "gan.generator.optimizer.adam.learning_rate=1e15", lower_}),
      2);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors, HasSubstr("back to step 0 "));
  EXPECT_THAT(reported_steps(folder_ / "run"), ElementsAre(1, 2, 3, 4, 5, 6));
  // The initial weights are the same: only other numbers are drawn.
  const fs::path plain = train("plain", 2, {"train.steps=1"});
  const double loss = read_metrics(folder_ / "run").front().at("generator_loss"),
               plain_loss = read_metrics(plain).front().at("generator_loss");
  EXPECT_NE(loss, plain_loss);
  EXPECT_NEAR(loss, plain_loss, 0.02);
}

TEST_F(RollbackTest, EndsAfterSoManyTimes) {
  const fs::path run_folder = train_four("run");
  const ProgramResult result =
      diverge("run", 2, {"train.steps=8", "train.on_divergence={rollback: {times: 2, learning_rate: 1}}"});
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  const std::size_t error = result.errors.find("ganymede: step 6: ");
  ASSERT_NE(error, std::string::npos) << result.describe();
  EXPECT_THAT(result.errors.substr(error),
              AllOf(HasSubstr("went back 2 times"), HasSubstr("--at-step"), Not(HasSubstr("\nganymede"))));
  EXPECT_THAT(result.output + result.errors, AllOf(HasSubstr("rollback 1 of 2"), HasSubstr("rollback 2 of 2"),
                                                   Not(HasSubstr("times the recipe's"))));
  EXPECT_THAT(list_checkpoints(run_folder), ElementsAre("step_00000004"));
}

TEST_F(RollbackTest, TimeThatWasLostCounts) {
  train_four("run");
  const ProgramResult result =
      diverge("run", 1,
              {"train.steps=8", "train.seconds=0.2",
               "train.on_divergence={rollback: {times: 1000000, learning_rate: 1}}"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, testing::ContainsRegex("finished at step [45] of 8")) << "it would never end";
}

TEST_F(RollbackTest, PassesADamagedCheckpointOver) {
  const fs::path run_folder = train_four("run", {"train.checkpoint_every=2"});
  flip_byte(run_folder / "checkpoints" / "step_00000004" / "state.safetensors", 4000);
  const ProgramResult result = diverge("run", 1, {"train.steps=8", lower_});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output + result.errors, AllOf(HasSubstr("step 4: "), HasSubstr("back to step 2 ")));
  EXPECT_THAT(reported_steps(run_folder), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

// Its log is a pipe: it waits for a reader of that between the checkpoint that it goes on from and its first
// step.
TEST_F(RollbackTest, WithoutAWholeCheckpointItSaysBoth) {
  const fs::path run_folder = train_four("run"), log = run_folder / "log" / "rank_0.log";
  fs::remove(log);
  ASSERT_EQ(::mkfifo(log.c_str(), 0600), 0);
  const auto program = start(diverging("run", {"train.steps=8", lower_}), 1);
  program->wait_until("the recipe of the run that goes on", [&] {
    return read_text(run_folder / "recipe.yaml").find("steps: 8") != std::string::npos;
  });
  flip_byte(run_folder / "checkpoints" / "step_00000004" / "state.safetensors", 4000);
  const int reader = ::open(log.c_str(), O_RDONLY | O_NONBLOCK);
  const ProgramResult result = program->wait();
  ::close(reader);
  EXPECT_EQ(result.exit_code, 3) << result.describe();
  EXPECT_THAT(result.errors,
              AllOf(HasSubstr("step 6: generator_loss is "),
                    HasSubstr(": training has diverged, and cannot go back: no checkpoint can be used: "),
                    HasSubstr("step_00000004")));
}

// In reproducible mode also where one rank goes on from two.
TEST_F(RollbackTest, AResumeAfterItChangesNothing) {
  const fs::path whole = train_four("whole", {"reproducible.replicas=2"}), halves = folder_ / "halves";
  fs::copy(whole, halves, fs::copy_options::recursive);
  const ProgramResult at_once = diverge("whole", 2, {"train.steps=10", lower_});
  EXPECT_EQ(at_once.exit_code, 0) << at_once.describe();
  const ProgramResult first = diverge("halves", 2, {"train.steps=7", lower_});
  EXPECT_EQ(first.exit_code, 0) << first.describe();
  // Whatever the recipe by now says of the next rollback.
  resume("halves", 1, {"train.steps=10", "train.on_divergence=stop"});
  expect_equal_losses(halves, whole);
  EXPECT_EQ(weights_checksum(halves, "step_00000010"), weights_checksum(whole, "step_00000010"));
  EXPECT_EQ(read_manifest(halves, "step_00000010").at("rollbacks"), 1);
}

// The ranks of a node, each with memory of its own, on threads that communicate.
TEST_F(RollbackTest, WorksWithoutSharedMemoryAndWithOverlap) {
  const fs::path run_folder = train_four("run");
  const ProgramResult result =
      diverge("run", 2,
              {"train.steps=8", "train.compare_every=1", "communication.node_sharing=off",
               "communication.overlap=on", lower_});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(reported_steps(run_folder), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
}

}  // namespace
}  // namespace ganymede
