// The loop itself, with a procedure that takes no time.
#include "training/trainer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/fake_run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;

struct Told {
  std::vector<std::int64_t> reports, samples, checkpoints, epochs;
  std::vector<std::string> order;                      // of samples and checkpoints
  std::vector<double> checkpoint_seconds;              // [report]
  std::vector<std::vector<NamedValue>> saved_scalars;  // [checkpoint]
  bool ended = false;
  TrainingEnd end = TrainingEnd::stopped_on_request;
};

class Recorder final : public RunListener {
 public:
  explicit Recorder(Told& told) : told_(told) {}
  void on_report(const Report& report) override {
    told_.reports.push_back(report.step);
    told_.epochs.push_back(report.epoch);
    told_.checkpoint_seconds.push_back(report.checkpoint_seconds);
  }
  void on_samples(std::int64_t step, const SampleSet&) override {
    told_.samples.push_back(step);
    told_.order.push_back(fmt::format("samples {}", step));
  }
  void on_checkpoint(const CheckpointInfo& info, const TrainingState&) override {
    told_.checkpoints.push_back(info.step);
    told_.order.push_back(fmt::format("checkpoint {}", info.step));
    told_.saved_scalars.push_back(info.scalars);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void on_end() override { told_.ended = true; }

 private:
  Told& told_;
};

class Failing final : public RunListener {
 public:
  explicit Failing(bool essential) : essential_(essential) {}
  bool is_essential() const override { return essential_; }
  void on_report(const Report&) override { throw UserError("no ink"); }
  void on_samples(std::int64_t, const SampleSet&) override { throw UserError("no paint"); }
  void on_checkpoint(const CheckpointInfo&, const TrainingState&) override { throw UserError("no room"); }

 private:
  const bool essential_;
};

class Trainer : public testing::Test {
 protected:
  // Trains; rank 0 has a recorder behind a listener that fails, if one is asked for.
  Told train_on(Communicator& communicator, const TrainOptions& options, std::int64_t start = 0,
                std::optional<bool> failing_essentially = {}) {
    FakeProcedure procedure(communicator);
    Told told;
    Listeners listeners;
    if (communicator.rank() == 0) {
      if (failing_essentially) listeners.push_back(std::make_unique<Failing>(*failing_essentially));
      listeners.push_back(std::make_unique<Recorder>(told));
    }
    told.end =
        train({.options = options, .start = {.step = start}, .samples_shown = 2}, procedure,
              open_sources(indices_, procedure.schedule(), start, communicator), listeners, communicator);
    return told;
  }

  const TemporaryFolder folder_;
  const std::vector<DatasetIndex> indices_ = write_fake_datasets(folder_.path());
  LoneCommunicator alone_;
};

TEST_F(Trainer, TellsWhatIsDueAndEverythingAtTheEnd) {
  const Told told =
      train_on(alone_, {.steps = 7, .report_every = 2, .sample_every = 3, .checkpoint_every = 5});
  EXPECT_THAT(told.reports, ElementsAre(2, 4, 6, 7));
  EXPECT_THAT(told.samples, ElementsAre(3, 6, 7));
  EXPECT_THAT(told.checkpoints, ElementsAre(5, 7));
  EXPECT_TRUE(told.ended);
  EXPECT_EQ(told.end, TrainingEnd::finished);
}

TEST_F(Trainer, ReportsHowLongItStoodStillForACheckpoint) {
  const Told told = train_on(alone_, {.steps = 4, .report_every = 1, .checkpoint_every = 2});
  EXPECT_THAT(told.checkpoint_seconds,
              ElementsAre(0, 0, testing::AllOf(testing::Ge(0.005), testing::Lt(5)), 0));
}

TEST_F(Trainer, ACheckpointComesAfterAllElseOfItsStep) {
  const Told told = train_on(alone_, {.steps = 4, .sample_every = 2, .checkpoint_every = 2});
  EXPECT_THAT(told.order, ElementsAre("samples 2", "checkpoint 2", "samples 4", "checkpoint 4"));
}

TEST_F(Trainer, ACheckpointHasTheScalarsOfItsOwnStep) {
  const Told told = train_on(alone_, {.steps = 6, .report_every = 4, .checkpoint_every = 2});
  ASSERT_EQ(told.saved_scalars.size(), 3U);
  EXPECT_TRUE(told.saved_scalars[0].empty()) << "step 2 has no report";
  EXPECT_FALSE(told.saved_scalars[1].empty());
  EXPECT_FALSE(told.saved_scalars[2].empty()) << "the last step always has one";
}

TEST_F(Trainer, CountsFromWhereItStarts) {
  const Told told =
      train_on(alone_, {.steps = 7, .report_every = 2, .sample_every = 100, .checkpoint_every = 100}, 5);
  EXPECT_THAT(told.reports, ElementsAre(6, 7));
  EXPECT_THAT(train_on(alone_, {.steps = 7}, 7).reports, ElementsAre()) << "nothing is left to do";
}

// 40 numbers and 30 words in batches of 6: an epoch of the last phase is 6 steps of one batch of numbers,
// more than the 1 step of three batches of words. 4 steps come before it, which take 8 batches of numbers.
TEST_F(Trainer, EpochsAreThoseOfTheLastPhaseAndComeAfterTheOthers) {
  const Told told = train_on(alone_, {.epochs = 2, .report_every = 1});
  EXPECT_EQ(told.reports.back(), 4 + 2 * 6);
  EXPECT_EQ(told.epochs.front(), 1);
  EXPECT_EQ(told.epochs.back(), (8 + 12 - 1) / 6 + 1);
}

TEST_F(Trainer, AListenerThatOnlyReportsCostsNothingWhereItFails) {
  const Told told =
      train_on(alone_, {.steps = 3, .report_every = 1, .sample_every = 1, .checkpoint_every = 1}, 0,
               /*failing_essentially=*/false);
  EXPECT_THAT(told.reports, ElementsAre(1, 2, 3));
  EXPECT_THAT(told.checkpoints, ElementsAre(1, 2, 3));
}

TEST_F(Trainer, AnEssentialOneEndsTheTrainingOfAllRanks) {
  run_loopback_ranks(3, [&](Communicator& communicator) {
    expect_error<AgreedError>(
        [&] { train_on(communicator, {.steps = 3, .report_every = 1}, 0, /*failing_essentially=*/true); },
        {"no ink"});
  });
}

TEST_F(Trainer, TimeIsUpForAllRanksAtOnce) {
  run_loopback_ranks(2, [&](Communicator& communicator) {
    const Told told =
        train_on(communicator, {.steps = 1'000'000, .seconds = 0.05, .report_every = 1'000'000});
    if (communicator.rank() == 0) {
      ASSERT_EQ(told.checkpoints.size(), 1U);
      EXPECT_EQ(told.reports, told.checkpoints) << "the last step is reported";
    }
  });
}

}  // namespace
}  // namespace ganymede
