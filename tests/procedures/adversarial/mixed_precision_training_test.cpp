// Training in mixed precision stays beside that in float32, on any number of ranks.
#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMixedSteps = 20, kMixedRows = 48;

// [steps, 2], of the global batch.
at::Tensor losses_of(const char* name, bool mixed, int ranks) {
  const Recipe recipe =
      load_recipe(fmt::format("{}/experiments/{}/recipe.yaml", GANYMEDE_SOURCE_DIR, name), {});
  at::Tensor losses;
  run_loopback_ranks(ranks, [&](Communicator& communicator) {
    at::set_num_threads(1);
    const auto gan = make_gan(std::get<AdversarialOptions>(recipe.procedure),
                              {.seed = 2, .sources = {image_spec(kReferenceShape)}, .mixed_precision = mixed},
                              communicator);
    const PlaceRange places = places_of_rank(kMixedRows, communicator.rank(), communicator.size());
    at::Tensor ours = at::empty({kMixedSteps, 2}, at::kDouble);
    for (std::int64_t step = 0; step < kMixedSteps; ++step) {
      Batch batch = reference_batch(2, step, places.first, places.count, at::kFloat);
      batch.global_batch_size = kMixedRows;
      ours[step] = at::tensor(take_losses(*gan, step, {std::move(batch)}), at::kDouble);
    }
    communicator.all_reduce_sum_(ours);
    if (communicator.rank() == 0) losses = ours;
  });
  return losses;
}

TEST(MixedPrecisionTraining, IsCloseToFloat32OnAnyNumberOfRanks) {
  const at::Tensor exact = losses_of("mlp", false, 1), alone = losses_of("mlp", true, 1);
  EXPECT_FALSE(alone.equal(exact));
  EXPECT_TRUE(at::allclose(alone, exact, 0.05, 0.02)) << alone - exact;
  EXPECT_TRUE(at::allclose(losses_of("mlp", true, 3), alone, 0.05, 0.02));
}

}  // namespace
}  // namespace ganymede
