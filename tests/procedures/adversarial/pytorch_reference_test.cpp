// Ten steps of each recipe against PyTorch: tests/reference/adversarial_reference.py made the numbers, from
// the same initial weights, batches, noise and dropout masks.
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "distributed/loopback_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/procedures/reference_comparison.hpp"

namespace ganymede {
namespace {

void compare_with_reference(const std::string& recipe_name, at::ScalarType dtype, ReferenceBounds bounds) {
  const Json reference = read_json(fmt::format("{}/tests/reference/{}_{}.json", GANYMEDE_SOURCE_DIR,
                                               recipe_name, dtype == at::kDouble ? "float64" : "float32"));
  const Recipe recipe =
      load_recipe(fmt::format("{}/experiments/{}/recipe.yaml", GANYMEDE_SOURCE_DIR, recipe_name));
  const auto seed = reference.at("seed").get<std::uint64_t>();

  run_loopback_ranks(1, [&](Communicator& communicator) {
    const auto gan =
        make_gan(std::get<AdversarialOptions>(recipe.procedure),
                 {.seed = seed, .sources = {image_spec(kReferenceShape)}, .compute = dtype}, communicator);
    const auto weights = weights_of(*gan);
    const auto initial = cloned(weights);
    for (int step = 0; step < 10; ++step) {
      expect_reference_losses(
          take_losses(*gan, step, {reference_batch(seed, step, 0, kReferenceBatchSize, dtype)}), reference,
          step, bounds);
    }
    expect_reference_changes(initial, weights, reference, bounds);
  });
}

TEST(PytorchReference, MlpInDoublePrecision) {
  compare_with_reference("mlp", at::kDouble, {1e-9, 1e-9});
}
TEST(PytorchReference, MlpInSinglePrecision) {
  compare_with_reference("mlp", at::kFloat, {1e-4, 5e-3});
}
TEST(PytorchReference, DcganInDoublePrecision) {
  compare_with_reference("dcgan", at::kDouble, {1e-9, 1e-9});
}
// Winograd's convolutions round 10 times more than PyTorch's. Where that changes the sign of one activation,
// the gradients of its layer change by 1e-4, and Adam's first steps, which follow signs, by more.
TEST(PytorchReference, DcganInSinglePrecision) {
  compare_with_reference("dcgan", at::kFloat, {1e-3, 5e-2});
}

}  // namespace
}  // namespace ganymede
