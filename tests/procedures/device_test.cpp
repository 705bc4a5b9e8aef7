// Every procedure on a device other than the host (a double of one, or a GPU), step by step and from
// recordings of its steps: the same numbers as on the CPU, and no step that reads any of them back.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr int kSteps = 20;
constexpr std::uint64_t kSeed = 3;
// From this step on another attempt's: other seeds, and half the rates.
constexpr std::int64_t kSecondAttempt = 13;

struct Course {
  std::vector<std::vector<double>> scalars;  // [step]
  TrainingState state;
  at::Tensor samples;
  std::int64_t reads = 0;    // from the device, by steps behind those that keep something to show
  std::int64_t replays = 0;  // steps taken from recordings
};

enum class Steps { eager, recorded };

// options: of the procedure. batches_of(procedure, step): [source][batch] in host memory.
template <typename Options, typename BatchesOf>
Course train_on(at::Device device, Steps steps, const Options& options, std::vector<DataSpec> sources,
                const BatchesOf& batches_of) {
  DeviceTraining training(device, options, std::move(sources), kSeed);
  Procedure& procedure = training.procedure();
  if (steps == Steps::recorded) training.record_steps();
  Course course;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    if (step == kSecondAttempt) procedure.begin_attempt({.rollbacks = 1, .rate_factor = 0.5});
    const StepData data = training.bring(batches_of(procedure, step));
    const WaitsForDevice waits;
    const at::Tensor scalars = procedure.step(step, data);
    EXPECT_EQ(scalars.device(), device);
    if (step > 1) course.reads += waits.count();
    const at::Tensor read = scalars.cpu();
    course.scalars.emplace_back(read.const_data_ptr<double>(), read.const_data_ptr<double>() + read.numel());
  }
  if (steps == Steps::recorded) course.replays = procedure.graphs()->replays();
  course.state = take_snapshot(procedure);
  course.samples = procedure.sample({.count = 10}).values;
  return course;
}

// Rounding of weights, moments and samples may reach `tolerance` of the largest number of each.
void expect_same(const Course& found, const Course& expected, double tolerance) {
  for (std::size_t step = 0; step < kSteps; ++step) {
    ASSERT_EQ(found.scalars[step].size(), expected.scalars[step].size()) << "step " << step;
    for (std::size_t i = 0; i < expected.scalars[step].size(); ++i)
      EXPECT_NEAR(found.scalars[step][i], expected.scalars[step][i],
                  1e-9 * std::max(1.0, std::abs(expected.scalars[step][i])))
          << "step " << step << ", scalar " << i;
  }
  expect_same_state(found.state, expected.state, tolerance);
  EXPECT_TRUE(found.samples.is_cpu());
  EXPECT_LE(largest_error(found.samples, expected.samples), tolerance);
  EXPECT_EQ(found.reads, 0) << "numbers that steps read back from the device";
}

void expect_same_bits(const Course& found, const Course& expected) {
  EXPECT_EQ(found.scalars, expected.scalars);
  expect_same_bits(found.state, expected.state);
  EXPECT_TRUE(at::equal(found.samples, expected.samples));
}

// phases: all but the first steps of each are taken from a recording.
template <typename Options, typename BatchesOf>
void expect_same_on_device(const Options& options, const std::vector<DataSpec>& sources, int phases,
                           const BatchesOf& batches_of, double tolerance = 1e-9) {
  const Course expected = train_on(at::kCPU, Steps::eager, options, sources, batches_of);
  const Course eager = train_on(tested_device(), Steps::eager, options, sources, batches_of),
               recorded = train_on(tested_device(), Steps::recorded, options, sources, batches_of);
  expect_same(eager, expected, tolerance);
  expect_same(recorded, expected, tolerance);
  expect_same_bits(recorded, eager);
  EXPECT_EQ(recorded.replays, kSteps - phases * StepGraphs::kEagerSteps);
}

class PartOnDevice : public testing::TestWithParam<std::string> {};

TEST_P(PartOnDevice, IsThatOnTheCpu) {
  const AdversarialOptions options = part_options(GetParam());
  expect_same_on_device(options, {kPartSpec}, /*phases=*/1, [&](const Procedure&, std::int64_t step) {
    return StepData{part_batches(kSeed, step, options, {0, kPartBatchSize}, at::kDouble)};
  });
}

INSTANTIATE_TEST_SUITE_P(Parts, PartOnDevice, testing::ValuesIn(part_names()),
                         [](const auto& part) { return part.param; });

class SequencesOnDevice : public testing::TestWithParam<std::string> {};

TEST_P(SequencesOnDevice, AreThoseOnTheCpu) {
  auto options = part_options<SequenceOptions>("sequences.json", "sequence", GetParam());
  options.likelihood_steps = 5;
  options.discriminator_start = 4;
  expect_same_on_device(options, {kSentenceSpec}, /*phases=*/3,
                        [](const Procedure& procedure, std::int64_t step) {
                          return sentences_of_step(procedure, step, {0, kSentences});
                        });
}

INSTANTIATE_TEST_SUITE_P(Parts, SequencesOnDevice, testing::ValuesIn(part_names("sequences.json")),
                         [](const auto& part) { return part.param; });

void expect_same_cycles_on_device(const CycleSetting& setting) {
  expect_same_on_device(
      setting.options, {image_spec(setting.shapes[0]), image_spec(setting.shapes[1])}, /*phases=*/1,
      [&](const Procedure&, std::int64_t step) {
        const PlaceRange places{0, setting.global_batch_size};
        return StepData{{cycle_batch(setting, 0, step, places)}, {cycle_batch(setting, 1, step, places)}};
      },
      /*tolerance=*/1e-6);  // rounding grows with each step, and faster with the second attempt's noise
}

TEST(CyclesOnDevice, AreThoseOnTheCpu) {
  expect_same_cycles_on_device({});
}

TEST(CyclesOnDevice, AreThoseOnTheCpuWithIdentityLoss) {
  expect_same_cycles_on_device(colours_with_identity_loss());
}

}  // namespace
}  // namespace ganymede
