// Mixed precision on a device: as far from float32 as on the CPU, step by step and from recordings.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMixedSteps = 20;
constexpr std::uint64_t kMixedSeed = 4;

class DeviceMixed : public testing::TestWithParam<const char*> {
 protected:
  // [steps, scalars]
  static at::Tensor scalars_of(at::Device device, bool mixed, bool recorded = false) {
    const AdversarialOptions options = part_options(GetParam());
    DeviceTraining training(device, options, {kPartSpec}, kMixedSeed, at::kFloat, make_device_memory_exchange,
                            mixed);
    if (recorded) training.record_steps();
    std::vector<at::Tensor> scalars;
    for (std::int64_t step = 0; step < kMixedSteps; ++step)
      scalars.push_back(training.procedure()
                            .step(step, training.bring({part_batches(kMixedSeed, step, options,
                                                                     {0, kPartBatchSize}, at::kFloat)}))
                            .cpu());
    return at::stack(scalars);
  }
};

TEST_P(DeviceMixed, IsCloseToFloat32) {
  const at::Tensor exact = scalars_of(at::kCPU, false), found = scalars_of(tested_device(), true);
  EXPECT_FALSE(at::allclose(found, exact, 1e-5, 1e-5)) << "nothing was rounded";
  EXPECT_TRUE(at::allclose(found, exact, 0.05, 0.02)) << found - exact;
  EXPECT_TRUE(at::equal(scalars_of(tested_device(), true, /*recorded=*/true), found));
}

INSTANTIATE_TEST_SUITE_P(Parts, DeviceMixed, testing::Values("bce", "simultaneous", "labels_dcgan"),
                         [](const auto& part) { return std::string(part.param); });

}  // namespace
}  // namespace ganymede
