// Same recipe, any number of ranks: the ranks' training against the same training on rank 0 alone.
#include <gtest/gtest.h>

#include "distributed/mpi/mpi_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/adversarial/rank_comparison.hpp"

namespace ganymede {
namespace {

RankTraining train_recipe(const AdversarialOptions& options, at::ScalarType dtype,
                          Communicator& communicator) {
  const auto gan =
      make_gan(options, {.seed = kComparisonSeed, .sources = {image_spec(kReferenceShape)}, .compute = dtype},
               communicator);
  const PlaceRange places = places_of_rank(kReferenceBatchSize, communicator.rank(), communicator.size());
  const auto batches_of = [&](std::int64_t step) {
    return std::vector{reference_batch(kComparisonSeed, step, places.first, places.count, dtype)};
  };
  return train_on_ranks(*gan, kComparisonSteps, batches_of, communicator);
}

void compare_with_one_rank(const std::string& recipe_name, at::ScalarType dtype, double bound,
                           Communicator& communicator = world()) {
  const Recipe recipe =
      load_recipe(std::string(GANYMEDE_SOURCE_DIR) + "/experiments/" + recipe_name + "/recipe.yaml");
  const auto& options = std::get<AdversarialOptions>(recipe.procedure);
  const RankTraining ours = train_recipe(options, dtype, communicator);
  expect_equal_replicas(ours.checksum);
  const at::Tensor alone = losses_of_one_rank(
      kComparisonSteps, [&](Communicator& one) { return train_recipe(options, dtype, one); });
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
// As on hosts of one rank each that have equal shares: gradients larger than their factors do not travel.
bool shares_are_equal() {
  return kReferenceBatchSize % world().size() == 0;
}

TEST(RankEquivalence, ByFactors) {
  if (!shares_are_equal()) GTEST_SKIP() << "ranks have unequal shares";
  MpiCommunicator communicator;
  communicator.configure({.node_sharing = NodeSharing::off, .overlap = Overlap::off, .factors = Factors::on});
  EXPECT_EQ(communicator.gradients().gathers_factors(), communicator.size() > 1);
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
  compare_with_one_rank("wgan-gp", at::kDouble, 1e-9, communicator);
}
TEST(RankEquivalence, ByFactorsInTheBackground) {
  if (!shares_are_equal()) GTEST_SKIP() << "ranks have unequal shares";
  MpiCommunicator communicator(/*host_size=*/1);
  communicator.configure({.overlap = Overlap::on, .bucket_bytes = 200'000});
  EXPECT_EQ(communicator.gradients().gathers_factors(), communicator.size() > 1);
  compare_with_one_rank("mlp", at::kDouble, 1e-9, communicator);
}
TEST(RankEquivalence, FactorsStayWhereRanksShareMemory) {
  MpiCommunicator communicator;
  communicator.configure({.factors = Factors::on});
  EXPECT_EQ(communicator.gradients().gathers_factors(), false);
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
