// Steps leave nothing behind in a device's memory, and need no more of it later than at first.
#include <gtest/gtest.h>

#include "tests/procedures/device_training.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {
namespace {

class HeldMemory : public testing::TestWithParam<const char*> {};

TEST_P(HeldMemory, IsThatOfTheFirstSteps) {
  const Recipe recipe =
      load_recipe(std::string(GANYMEDE_SOURCE_DIR) + "/experiments/" + GetParam() + "/recipe.yaml");
  const auto& options = std::get<AdversarialOptions>(recipe.procedure);
  // The double computes on the CPU.
  const std::int64_t steps = tested_device().is_cuda() ? 1000 : 12, rows = tested_device().is_cuda() ? 64 : 4;
  DeviceTraining training(tested_device(), options, {image_spec(kReferenceShape)}, 7, at::kFloat);
  constexpr std::int64_t kFirstSteps = 5;
  std::int64_t held_at_first = 0;
  for (std::int64_t step = 0; step < steps; ++step) {
    Batch batch = reference_batch(7, step, 0, rows, at::kFloat);
    batch.global_batch_size = rows;
    training.procedure().step(step, training.bring({{batch}}));
    const std::int64_t held = bytes_held_on_device();
    if (step < kFirstSteps) held_at_first = std::max(held_at_first, held);
    ASSERT_LE(held, held_at_first) << "step " << step;
  }
  EXPECT_GT(held_at_first, 0);
}

INSTANTIATE_TEST_SUITE_P(Recipes, HeldMemory, testing::Values("mlp", "dcgan"),
                         [](const auto& recipe) { return std::string(recipe.param); });

}  // namespace
}  // namespace ganymede
