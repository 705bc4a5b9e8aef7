// A run goes on from the CPU to a device and back: ten steps here and ten there end where twenty on the CPU
// end.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kMovedSeed = 6;
constexpr std::int64_t kStepsBefore = 10, kStepsInAll = 20;

TEST(DeviceResume, IsThatOfTheCpu) {
  check_each_kind([](const auto& options, const std::vector<DataSpec>& sources, const auto& batches_of,
                     double tolerance) {
    const auto train = [&](DeviceTraining& training, std::int64_t first, std::int64_t last) {
      for (std::int64_t step = first; step < last; ++step)
        training.procedure().step(step, training.bring(batches_of(training.procedure(), step)));
      return take_snapshot(training.procedure());
    };
    DeviceTraining straight(at::kCPU, options, sources, kMovedSeed);
    const TrainingState half = train(straight, 0, kStepsBefore),
                        expected = train(straight, kStepsBefore, kStepsInAll);

    const std::array<at::Device, 2> devices{at::kCPU, tested_device()};
    for (std::size_t start : {0, 1}) {
      DeviceTraining before(devices[start], options, sources, kMovedSeed);
      const TrainingState moved = train(before, 0, kStepsBefore);
      DeviceTraining after(devices[1 - start], options, sources, kMovedSeed);
      train(after, 0, 1);  // other state than the checkpoint's
      restore_state(moved, after.procedure(), "the snapshot");
      expect_same_state(moved, half, tolerance);
      expect_same_state(train(after, kStepsBefore, kStepsInAll), expected, tolerance);
    }
  });
}

}  // namespace
}  // namespace ganymede
