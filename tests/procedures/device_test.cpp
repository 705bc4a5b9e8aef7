// Every procedure on a device other than the host (a double of one, or a GPU): the same numbers as on the
// CPU, and no step that reads any of them back.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr int kSteps = 20;
constexpr std::uint64_t kSeed = 3;

struct Course {
  std::vector<std::vector<double>> scalars;  // [step]
  TrainingState state;
  at::Tensor samples;
  std::int64_t reads = 0;  // from the device, by steps behind those that keep something to show
};

// options: of the procedure. batches_of(procedure, step): [source][batch] in host memory.
template <typename Options, typename BatchesOf>
Course train_on(at::Device device, const Options& options, std::vector<DataSpec> sources,
                const BatchesOf& batches_of) {
  DeviceTraining training(device, options, std::move(sources), kSeed);
  Procedure* const procedure = &training.procedure();
  Course course;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const StepData data = training.bring(batches_of(*procedure, step));
    const WaitsForDevice waits;
    const at::Tensor scalars = procedure->step(step, data);
    EXPECT_EQ(scalars.device(), device);
    if (step > 1) course.reads += waits.count();
    const at::Tensor read = scalars.cpu();
    course.scalars.emplace_back(read.const_data_ptr<double>(), read.const_data_ptr<double>() + read.numel());
  }
  course.state = take_snapshot(*procedure);
  course.samples = procedure->sample({.count = 10}).values;
  return course;
}

// Rounding of weights, moments and samples may reach `tolerance` of the largest number of each.
template <typename Options, typename BatchesOf>
void expect_same_on_device(const Options& options, const std::vector<DataSpec>& sources,
                           const BatchesOf& batches_of, double tolerance = 1e-9) {
  const Course expected = train_on(at::kCPU, options, sources, batches_of),
               found = train_on(tested_device(), options, sources, batches_of);
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

class PartOnDevice : public testing::TestWithParam<std::string> {};

TEST_P(PartOnDevice, IsThatOnTheCpu) {
  const AdversarialOptions options = part_options(GetParam());
  expect_same_on_device(options, {kPartSpec}, [&](const Procedure&, std::int64_t step) {
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
  expect_same_on_device(options, {kSentenceSpec}, [](const Procedure& procedure, std::int64_t step) {
    return sentences_of_step(procedure, step, {0, kSentences});
  });
}

INSTANTIATE_TEST_SUITE_P(Parts, SequencesOnDevice, testing::ValuesIn(part_names("sequences.json")),
                         [](const auto& part) { return part.param; });

void expect_same_cycles_on_device(const CycleSetting& setting) {
  expect_same_on_device(
      setting.options, {image_spec(setting.shapes[0]), image_spec(setting.shapes[1])},
      [&](const Procedure&, std::int64_t step) {
        const PlaceRange places{0, setting.global_batch_size};
        return StepData{{cycle_batch(setting, 0, step, places)}, {cycle_batch(setting, 1, step, places)}};
      },
      /*tolerance=*/1e-7);  // as between numbers of ranks
}

TEST(CyclesOnDevice, AreThoseOnTheCpu) {
  expect_same_cycles_on_device({});
}

TEST(CyclesOnDevice, AreThoseOnTheCpuWithIdentityLoss) {
  expect_same_cycles_on_device(colours_with_identity_loss());
}

}  // namespace
}  // namespace ganymede
