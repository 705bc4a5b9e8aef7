// Reproducible mode: the same bits after 50 steps on 1, 2 and 4 ranks, and after a resume on another number.
#include <gtest/gtest.h>

#include <bit>

#include "distributed/agreement.hpp"
#include "distributed/loopback_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/support/mpi_environment.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kSeed = 3;
constexpr std::int64_t kReplicas = 4, kRows = 16;
constexpr int kSteps = 50;

const DataSpec kCaptioned = [] {
  DataSpec spec = image_spec(kReferenceShape);
  spec.fields.push_back(kReferenceCaptions);
  return spec;
}();

std::unique_ptr<Procedure> make(const Recipe& recipe, Communicator& communicator) {
  return make_gan(std::get<AdversarialOptions>(recipe.procedure),
                  {.seed = kSeed,
                   .sources = {kCaptioned},
                   .mixed_precision = recipe.precision == Precision::mixed,
                   .replicas = kReplicas},
                  communicator);
}

void train(Procedure& gan, int first, int last, Communicator& communicator) {
  at::set_num_threads(1);
  const PlaceRange places = places_of_rank(kRows, communicator.rank(), communicator.size());
  for (int step = first; step < last; ++step) {
    Batch batch = reference_batch(kSeed, step, places.first, places.count, at::kFloat);
    batch.global_batch_size = kRows;
    batch.fields = {batch.fields.front(), reference_captions(places, step)};
    take_losses(gan, step, {batch});
  }
}

struct ReproducibleRecipe {
  const char *test, *recipe;
  std::vector<std::string> overrides;
};

class Reproducible : public testing::TestWithParam<ReproducibleRecipe> {};

TEST_P(Reproducible, SameBitsOnAnyNumberOfRanksAndAfterAResume) {
  if (!std::has_single_bit(static_cast<unsigned>(world().size()))) GTEST_SKIP() << "a power of two of ranks";
  const auto& [test, name, overrides] = GetParam();
  const Recipe recipe =
      load_recipe(fmt::format("{}/experiments/{}/recipe.yaml", GANYMEDE_SOURCE_DIR, name), overrides);

  const TemporaryFolder folder;
  CheckpointStore store(folder.path());
  std::int64_t checksum = 0;
  for (Communicator* communicator : {&world(), &over_messages()}) {  // the latter have weights of their own
    const auto ours = make(recipe, *communicator);
    train(*ours, 0, kSteps / 2, *communicator);
    if (communicator == &world())
      agree_on_root(world(), [&] {
        store.save({.step = kSteps / 2, .sources = {{.spec = kCaptioned}}}, take_snapshot(*ours),
                   {.newest = 1});
      });
    train(*ours, kSteps / 2, kSteps, *communicator);
    checksum = static_cast<std::int64_t>(checksum_state(*ours));
    const at::Tensor checksums = world().all_gather(at::full({1}, checksum, at::kLong));
    EXPECT_TRUE(checksums.eq(checksum).all().item<bool>()) << "replicas differ";
  }

  agree_on_root(world(), [&] {
    run_loopback_ranks(1, [&](Communicator& one) {
      const auto alone = make(recipe, one), resumed = make(recipe, one);
      train(*alone, 0, kSteps, one);
      EXPECT_EQ(checksum_state(*alone), checksum) << "one rank against " << world().size();
      store.use_newest(
          [&](const Checkpoint& checkpoint) { restore_state(checkpoint.state, *resumed, "it"); });
      train(*resumed, kSteps / 2, kSteps, one);
      EXPECT_EQ(checksum_state(*resumed), checksum) << "resumed on one rank";
    });
  });
}

const std::vector<std::string> kReplicaNorm{
    "reproducible.replicas=4", "gan.generator.network.dcgan_generator.batch_normalization=replica"};
const std::vector<std::string> kText{"reproducible.replicas=4", "gan.ema=0.9", "gan.packing=2",
                                     "gan.condition.text.optimizer.adam.learning_rate=1e-3"};
INSTANTIATE_TEST_SUITE_P(
    Recipes, Reproducible,
    testing::Values(
        ReproducibleRecipe{"mlp", "mlp", {"reproducible.replicas=4", "gan.generator.clip_gradient_norm=0.1"}},
        ReproducibleRecipe{"mlpdropout", "mlp-dropout", {"reproducible.replicas=4"}},
        ReproducibleRecipe{"wgangp", "wgan-gp", {"reproducible.replicas=4", "gan.ema=0.9"}},
        ReproducibleRecipe{"wgangpmixed", "wgan-gp", {"reproducible.replicas=4", "precision=mixed"}},
        ReproducibleRecipe{"dcgan", "dcgan", kReplicaNorm}, ReproducibleRecipe{"text", "mlp", kText}),
    [](const auto& one) { return one.param.test; });

}  // namespace
}  // namespace ganymede
