// Five steps of each part of the adversarial family against PyTorch: tests/reference/parts_reference.py made
// the numbers, from the same initial weights, batches, labels, noise, interpolation points and dropout masks.
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "tests/procedures/adversarial/parts.hpp"
#include "tests/procedures/reference_comparison.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kSeed = 8;
constexpr int kSteps = 5;

class PartReference : public testing::TestWithParam<std::string> {
 protected:
  void compare(at::ScalarType dtype, const char* file, ReferenceBounds bounds) {
    const Json reference = read_reference(file).at(GetParam());
    LoneCommunicator communicator;
    const AdversarialOptions options = part_options(GetParam());
    const auto gan =
        make_gan(options, {.seed = kSeed, .sources = {kPartSpec}, .compute = dtype}, communicator);
    const NamedWeights weights = weights_of(*gan), initial = cloned(weights);
    for (int step = 0; step < kSteps; ++step) {
      const auto batches = part_batches(kSeed, step, options, {0, kPartBatchSize}, dtype);
      expect_reference_losses(take_losses(*gan, step, batches), reference, step, bounds);
    }
    expect_reference_changes(initial, weights, reference, bounds);
  }
};

TEST_P(PartReference, InDoublePrecision) {
  compare(at::kDouble, "parts_float64.json",
          {.loss = 1e-9, .change = 1e-9, .loss_offset = 1e-11, .change_offset = 1e-13});
}
TEST_P(PartReference, InSinglePrecision) {
  // Winograd's convolutions: see pytorch_reference_test.cpp.
  const bool coarse = GetParam().ends_with("_dcgan");
  compare(at::kFloat, "parts_float32.json",
          {.loss = coarse ? 1e-3 : 1e-4,
           .change = coarse ? 5e-2 : 5e-3,
           .loss_offset = coarse ? 1e-3 : 1e-6,
           .change_offset = 2e-5});
}

INSTANTIATE_TEST_SUITE_P(Parts, PartReference, testing::ValuesIn(part_names()),
                         [](const auto& part) { return part.param; });

}  // namespace
}  // namespace ganymede
