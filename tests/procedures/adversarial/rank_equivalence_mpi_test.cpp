// Same recipe, any number of ranks: the ranks' training against the same training on rank 0 alone.
#include <gtest/gtest.h>

#include "data/loading/batch_loader.hpp"
#include "distributed/agreement.hpp"
#include "distributed/loopback_communicator.hpp"
#include "distributed/mpi_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/support/mpi_environment.hpp"
#include "training/training_state.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kSeed = 3;
constexpr int kSteps = 20;

struct Training {
  at::Tensor losses;  // [steps, 2], of the global batch
  std::uint32_t checksum = 0;
};

Training train(const AdversarialOptions& options, at::ScalarType dtype, Communicator& communicator) {
  const auto gan = make_gan(
      options, {.seed = kSeed, .sources = {image_spec(kReferenceShape)}, .dtype = dtype}, communicator);
  const PlaceRange places = places_of_rank(kReferenceBatchSize, communicator.rank(), communicator.size());
  Training training{.losses = at::empty({kSteps, 2}, at::kDouble)};
  for (int step = 0; step < kSteps; ++step) {
    const auto losses =
        take_losses(*gan, step, {reference_batch(kSeed, step, places.first, places.count, dtype)});
    training.losses[step] = at::tensor(losses, at::kDouble);
  }
  communicator.all_reduce_sum_(training.losses);
  training.checksum = checksum_state(*gan);
  return training;
}

void compare_with_one_rank(const std::string& recipe_name, at::ScalarType dtype, double bound,
                           Communicator& communicator = world()) {
  const Recipe recipe =
      load_recipe(std::string(GANYMEDE_SOURCE_DIR) + "/experiments/" + recipe_name + "/recipe.yaml");
  const auto& options = std::get<AdversarialOptions>(recipe.procedure);
  const Training ours = train(options, dtype, communicator);
  const at::Tensor checksums =
      world().all_gather(at::full({1}, static_cast<std::int64_t>(ours.checksum), at::kLong));
  for (int rank = 0; rank < world().size(); ++rank)
    EXPECT_EQ(checksums[rank].item<std::int64_t>(), checksums[0].item<std::int64_t>())
        << "replica of rank " << rank;

  at::Tensor alone = at::empty({kSteps, 2}, at::kDouble);
  agree_on_root(world(), [&] {
    run_loopback_ranks(1, [&](Communicator& one) { alone = train(options, dtype, one).losses; });
  });
  world().broadcast_(alone);
  const double difference = ((ours.losses - alone) / alone).abs().max().item<double>();
  EXPECT_LE(difference, bound) << recipe_name << " on " << world().size() << " ranks";
}

// In single precision over messages, where every rank has weights of its own to compare.
TEST(RankEquivalence, MlpInSinglePrecision) {
  compare_with_one_rank("mlp", at::kFloat, 1e-4, over_messages());
}
TEST(RankEquivalence, MlpInDoublePrecision) {
  compare_with_one_rank("mlp", at::kDouble, 1e-9);
}
TEST(RankEquivalence, DcganInSinglePrecision) {
  compare_with_one_rank("dcgan", at::kFloat, 1e-3, over_messages());
}
TEST(RankEquivalence, DcganInDoublePrecision) {
  compare_with_one_rank("dcgan", at::kDouble, 1e-9);
}

// Ranks that share no memory, and gradients that leave in small buckets while backward runs.
TEST(RankEquivalence, OverMessages) {
  MpiCommunicator communicator;
  communicator.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::off});
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
}
TEST(RankEquivalence, OverMessagesInTheBackground) {
  MpiCommunicator communicator;
  communicator.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::on, .bucket_bytes = 200'000});
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
  compare_with_one_rank("wgan-gp", at::kDouble, 1e-9, communicator);
}
TEST(RankEquivalence, OverSharedMemoryInTheBackground) {
  MpiCommunicator communicator;
  communicator.configure({.overlap = Overlap::on, .bucket_bytes = 100'000});
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
}

// As on a cluster: shared memory within hosts, messages between them while backward runs.
TEST(RankEquivalence, OnHostsOfTwoRanks) {
  MpiCommunicator communicator(/*host_size=*/2);
  communicator.configure({.bucket_bytes = 100'000});
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
  compare_with_one_rank("wgan-gp", at::kDouble, 1e-9, communicator);
}

}  // namespace
}  // namespace ganymede
