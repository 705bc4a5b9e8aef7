// A run goes on from a checkpoint: on the same device with the same bits, and from the CPU to a device and
// back, where ten steps here and ten there end where twenty on the CPU end.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kMovedSeed = 6;
constexpr std::int64_t kStepsBefore = 10, kStepsInAll = 20;

template <typename BatchesOf>
TrainingState train(DeviceTraining& training, const BatchesOf& batches_of, std::int64_t first,
                    std::int64_t last) {
  for (std::int64_t step = first; step < last; ++step)
    training.procedure().step(step, training.bring(batches_of(training.procedure(), step)));
  return take_snapshot(training.procedure());
}

// Which takes the first steps after the resume one by one, and the others from a recording.
TEST(DeviceResume, OnTheDeviceHasTheSameBits) {
  check_each_kind([](const auto& options, const std::vector<DataSpec>& sources, const auto& batches_of,
                     double /*tolerance*/) {
    DeviceTraining straight(tested_device(), options, sources, kMovedSeed);
    straight.record_steps();
    const TrainingState half = train(straight, batches_of, 0, kStepsBefore),
                        expected = train(straight, batches_of, kStepsBefore, kStepsInAll);
    DeviceTraining again(tested_device(), options, sources, kMovedSeed);
    again.record_steps();
    train(again, batches_of, 0, 1);  // other state than the checkpoint's
    restore_state(half, again.procedure(), "the snapshot");
    expect_same_bits(train(again, batches_of, kStepsBefore, kStepsInAll), expected);
  });
}

TEST(DeviceResume, IsThatOfTheCpu) {
  check_each_kind([](const auto& options, const std::vector<DataSpec>& sources, const auto& batches_of,
                     double tolerance) {
    DeviceTraining straight(at::kCPU, options, sources, kMovedSeed);
    const TrainingState half = train(straight, batches_of, 0, kStepsBefore),
                        expected = train(straight, batches_of, kStepsBefore, kStepsInAll);

    const std::array<at::Device, 2> devices{at::kCPU, tested_device()};
    for (std::size_t start : {0, 1}) {
      DeviceTraining before(devices[start], options, sources, kMovedSeed);
      const TrainingState moved = train(before, batches_of, 0, kStepsBefore);
      DeviceTraining after(devices[1 - start], options, sources, kMovedSeed);
      train(after, batches_of, 0, 1);  // other state than the checkpoint's
      restore_state(moved, after.procedure(), "the snapshot");
      expect_same_state(moved, half, tolerance);
      expect_same_state(train(after, batches_of, kStepsBefore, kStepsInAll), expected, tolerance);
    }
  });
}

}  // namespace
}  // namespace ganymede
