// The seams hold: a procedure and fields that the program knows nothing of train through the real loop,
// sources, checkpoints, metrics, measurements and samples (tests/support/fake_procedure.hpp).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "benchmarking/step_benchmark.hpp"
#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "session/trained_run.hpp"
#include "storage/json_lines.hpp"
#include "tests/doubles/device_memory_exchange.hpp"
#include "tests/support/fake_run.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> names_of(const std::vector<StepPart>& parts) {
  std::vector<std::string> names;
  for (const StepPart& part : parts) names.emplace_back(part.name);
  return names;
}

class AnyProcedure : public testing::Test {
 protected:
  // Returns the checksum of the state.
  std::uint32_t train(const char* run, int ranks, std::int64_t steps) {
    std::uint32_t checksum = 0;
    const TrainOptions options{.steps = steps, .report_every = 1, .sample_every = 5, .checkpoint_every = 3};
    run_loopback_ranks(ranks, [&](Communicator& communicator) {
      const std::uint32_t mine = train_fake(data_ / run, indices_, options, communicator);
      if (communicator.rank() == 0) checksum = mine;
    });
    return checksum;
  }
  std::vector<Json> metrics(const char* run) const { return read_json_lines(data_ / run / "metrics.jsonl"); }
  TrainingState state(const char* run, std::int64_t step) const {
    const CheckpointStore store(data_ / run / "checkpoints");
    return read_checkpoint(store.path_of(step)).state;
  }

  const TemporaryFolder data_;
  const std::vector<DatasetIndex> indices_ = write_fake_datasets(data_.path());
};

TEST_F(AnyProcedure, NamesItsPhasesAndScalarsInTheMetrics) {
  train("run", 2, 6);
  const std::vector<Json> lines = metrics("run");
  ASSERT_EQ(lines.size(), 6U);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool warming = i < 4;
    EXPECT_EQ(lines[i].at("phase"), warming ? "warming" : "going");
    EXPECT_EQ(lines[i].contains("warming_loss"), warming);
    for (const char* name : {"going_loss", "word_mean", "memory_norm"})
      EXPECT_EQ(lines[i].contains(name), !warming) << name;
    EXPECT_FALSE(lines[i].contains("generator_loss"));
  }
  const TrainingState trained = state("run", 6);
  EXPECT_EQ(trained.front().name, "model/parameters/layer.bias");
  EXPECT_NE(trained.front().tensor.item<double>(), 0) << "it learns";
}

TEST_F(AnyProcedure, GoesOnAsIfNothingHadHappened) {
  const std::uint32_t straight = train("straight", 2, 11);
  train("halves", 2, 5);
  EXPECT_EQ(train("halves", 2, 11), straight);
  const std::vector<Json> expected = metrics("straight"), found = metrics("halves");
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    for (const auto& [name, value] : expected[i].items())
      if (!name.ends_with("seconds") && !name.ends_with("second")) {
        EXPECT_EQ(found[i].at(name), value) << name << " of step " << i + 1;
      }
}

TEST_F(AnyProcedure, DoesNotDependOnTheNumberOfRanks) {
  train("one", 1, 11);
  train("several", 3, 3);
  train("several", 2, 7);  // in the other phase by now
  train("several", 4, 11);
  const TrainingState expected = state("one", 11), found = state("several", 11);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].name, expected[i].name);
    EXPECT_TRUE(at::allclose(found[i].tensor, expected[i].tensor, 1e-10, 1e-12)) << found[i].name;
  }
}

TEST_F(AnyProcedure, SavesItsOwnStateAndItsSources) {
  train("run", 1, 6);
  const TrainingState saved = state("run", 6);
  const auto memory = std::find_if(saved.begin(), saved.end(),
                                   [](const NamedTensor& one) { return one.name == "procedure/memory"; });
  ASSERT_NE(memory, saved.end());
  EXPECT_GT(memory->tensor.abs().sum().item<double>(), 0);
  const CheckpointStore store(data_ / "run" / "checkpoints");
  const CheckpointInfo info = read_checkpoint_info(store.path_of(6));
  ASSERT_EQ(info.sources.size(), 2U);
  EXPECT_EQ(info.sources[0].spec, kFakeNumbers);
  EXPECT_EQ(info.sources[1].spec, kFakeWords);
  EXPECT_THAT(store.last_data_folders(), ElementsAre(data_ / "numbers", data_ / "words"));
}

TEST_F(AnyProcedure, SamplesAreItsTexts) {
  train("run", 2, 6);
  const std::string shown = read_text(data_ / "run" / "samples" / "step_00000005.txt");
  EXPECT_THAT(shown, HasSubstr("sample 0 of "));
  EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 3);

  LoneCommunicator communicator;
  FakeProcedure procedure(communicator);
  restore_state(state("run", 6), procedure, "the checkpoint");
  const SampleSet drawn = draw_samples(procedure, {.count = 1200, .of = std::string("a bird")});
  ASSERT_EQ(drawn.count(), 1200) << "drawn in pieces";
  EXPECT_THAT(drawn.texts[1100], HasSubstr("a bird 1100 of "));
  EXPECT_TRUE(procedure.sample_form().takes(SampleInput::text));
  EXPECT_FALSE(procedure.sample_form().takes(SampleInput::label));
  write_samples(data_ / "birds.txt", drawn, procedure.sample_form());
  EXPECT_THAT(read_text(data_ / "birds.txt"), HasSubstr("a bird 3 of "));
}

TEST_F(AnyProcedure, IsMeasured) {
  LoneCommunicator communicator;
  FakeProcedure procedure(communicator);
  const Sources sources = open_sources(indices_, procedure.schedule(), 0, communicator);
  const StepMeasurement measured =
      measure_steps(procedure, sources, communicator, {.seconds = 0.01, .repeats = 2, .first_steps = 6});
  EXPECT_THAT(measured.parts, ElementsAre("optimizer"));
  EXPECT_EQ(measured.repeats.size(), 2U);
  EXPECT_GT(measured.mean().parts[0], 0);
  EXPECT_LT(measured.mean().parts[0], measured.mean().step);
  EXPECT_THAT(names_of(measured.mean_parts()),
              ElementsAre("data", "communication_exposed", "optimizer", "rest"));
}

// Of a device that does nothing when it is asked again.
class IdleRecorder final : public StepRecorder {
 public:
  Replay record(const std::function<void()>& work) override {
    work();
    return [] {};
  }
};

TEST_F(AnyProcedure, IsMeasuredAsAWholeWhereItsStepsAreReplayed) {
  LoneCommunicator communicator;
  communicator.carry_gradients_by(std::make_unique<DeviceMemoryExchange>(communicator, at::kCPU));
  FakeProcedure procedure(communicator, /*warming=*/1'000'000);
  procedure.record_steps(std::make_unique<StepGraphs>(std::make_unique<IdleRecorder>(), communicator));
  const Sources sources = open_sources(indices_, procedure.schedule(), 0, communicator);
  const StepMeasurement measured =
      measure_steps(procedure, sources, communicator, {.seconds = 0.01, .repeats = 2, .first_steps = 3});
  const std::vector<StepPart> parts = measured.mean_parts();
  EXPECT_THAT(names_of(parts), ElementsAre("data", "communication_exposed", "replayed_step"));
  double sum = 0;
  for (const StepPart& part : parts) sum += part.seconds;
  EXPECT_NEAR(sum, measured.mean().step, 1e-12);
  EXPECT_GT(parts.back().seconds, 0);
}

}  // namespace
}  // namespace ganymede
