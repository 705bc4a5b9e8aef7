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

std::unique_ptr<Procedure> make(const Recipe& recipe, Communicator& communicator) {
  return make_gan(std::get<AdversarialOptions>(recipe.procedure),
                  {.seed = kSeed, .sources = {image_spec(kReferenceShape)}, .replicas = kReplicas},
                  communicator);
}

void train(Procedure& gan, int first, int last, Communicator& communicator) {
  at::set_num_threads(1);
  const PlaceRange places = places_of_rank(kRows, communicator.rank(), communicator.size());
  for (int step = first; step < last; ++step) {
    Batch batch = reference_batch(kSeed, step, places.first, places.count, at::kFloat);
    batch.global_batch_size = kRows;
    take_losses(gan, step, {batch});
  }
}

class Reproducible : public testing::TestWithParam<std::pair<const char*, std::vector<std::string>>> {};

TEST_P(Reproducible, SameBitsOnAnyNumberOfRanksAndAfterAResume) {
  if (!std::has_single_bit(static_cast<unsigned>(world().size()))) GTEST_SKIP() << "a power of two of ranks";
  const auto& [name, overrides] = GetParam();
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
        store.save({.step = kSteps / 2, .sources = {{.spec = image_spec(kReferenceShape)}}},
                   take_snapshot(*ours), 1);
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
INSTANTIATE_TEST_SUITE_P(
    Recipes, Reproducible,
    testing::Values(std::pair{"mlp", std::vector<std::string>{"reproducible.replicas=4",
                                                              "gan.generator.clip_gradient_norm=0.1"}},
                    std::pair{"mlp-dropout", std::vector<std::string>{"reproducible.replicas=4"}},
                    std::pair{"wgan-gp", std::vector<std::string>{"reproducible.replicas=4", "gan.ema=0.9"}},
                    std::pair{"dcgan", kReplicaNorm}),
    [](const auto& recipe) {
      std::string name = recipe.param.first;
      std::erase(name, '-');
      return name;
    });

}  // namespace
}  // namespace ganymede
