#include "procedures/training_state.hpp"

#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

// A small GAN of every kind of state: batch normalisation's statistics, dropout, Adam's moments.
AdversarialOptions small_options() {
  return {.update = Update::simultaneous,
          .generator = {.network = DcganGeneratorOptions{.noise_size = 4},
                        .update = {.optimizer = AdamOptions{}}},
          .discriminator = {.network = DcganDiscriminatorOptions{}, .update = {.optimizer = AdamOptions{}}}};
}

std::unique_ptr<Procedure> make_small_gan(Communicator& communicator, std::uint64_t seed = 1,
                                          const AdversarialOptions& options = small_options()) {
  return make_gan(options, {.seed = seed, .sources = {image_spec(kReferenceShape)}}, communicator);
}

Batch small_batch(std::int64_t step) {
  Batch batch = reference_batch(1, step, 0, 4, at::kFloat);
  batch.global_batch_size = 4;
  return batch;
}

TEST(TrainingStates, TwoAndTwoStepsEqualFourBitForBit) {
  LoneCommunicator communicator;
  const auto straight = make_small_gan(communicator), first = make_small_gan(communicator);
  for (int step = 0; step < 4; ++step) take_losses(*straight, step, {small_batch(step)});
  for (int step = 0; step < 2; ++step) take_losses(*first, step, {small_batch(step)});
  const TrainingState snapshot = take_snapshot(*first);
  const std::uint32_t checksum = checksum_state(*first);
  take_losses(*first, 2, {small_batch(2)});  // changes nothing of the snapshot

  const auto second = make_small_gan(communicator);
  for (const Player& player : second->players())
    player.arena.values().fill_(0.5);  // nothing of the start is left
  restore_state(snapshot, *second, "the snapshot");
  EXPECT_EQ(checksum_state(*second), checksum);
  for (int step = 2; step < 4; ++step) take_losses(*second, step, {small_batch(step)});
  EXPECT_EQ(checksum_state(*second), checksum_state(*straight));
  EXPECT_TRUE(at::equal(second->sample({.count = 3}).values, straight->sample({.count = 3}).values));
}

TEST(TrainingStates, NameParametersStatisticsAndMoments) {
  LoneCommunicator communicator;
  const auto gan = make_small_gan(communicator);
  std::vector<std::string> names;
  for (const NamedTensor& tensor : view_state(*gan)) names.push_back(tensor.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf(
                  {"generator/parameters/dense.weight", "generator/buffers/normalization0.running_mean",
                   "generator/optimizer/first_moment/dense.weight", "generator/optimizer/steps",
                   "discriminator/optimizer/second_moment/convolution1.bias"}));
}

TEST(TrainingStates, WhatIsNotFiniteIsNamed) {
  LoneCommunicator communicator;
  const auto gan = make_small_gan(communicator);
  EXPECT_EQ(find_not_finite(view_state(*gan)), std::nullopt);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const TrainingState snapshot = take_snapshot(*gan);
    for (const NamedTensor& tensor : snapshot)
      if (tensor.name == "discriminator/optimizer/second_moment/dense.bias") tensor.tensor.fill_(bad);
    EXPECT_EQ(find_not_finite(snapshot), "discriminator/optimizer/second_moment/dense.bias");
  }
}

TEST(TrainingStates, OneOfAnotherRecipeIsRefusedAndChangesNothing) {
  LoneCommunicator communicator;
  const auto source = make_small_gan(communicator, /*seed=*/2);
  AdversarialOptions other = small_options();
  other.generator.network = DcganGeneratorOptions{.noise_size = 5};
  const auto gan = make_small_gan(communicator, /*seed=*/1, other);
  const std::uint32_t before = checksum_state(*gan);
  expect_error<DataError>([&] { restore_state(take_snapshot(*source), *gan, "step_1"); },
                          {"step_1", "generator/parameters/dense.weight", "another recipe"});
  EXPECT_EQ(checksum_state(*gan), before);
}

TEST(StateBroadcast, MakesAllRanksEqualToRankZero) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const auto gan = make_small_gan(communicator, /*seed=*/100 + communicator.rank());
    broadcast_state(communicator, *gan);
    const at::Tensor checksums =
        communicator.all_gather(at::full({1}, static_cast<std::int64_t>(checksum_state(*gan)), at::kLong));
    EXPECT_EQ(checksums.min().item<std::int64_t>(), checksums.max().item<std::int64_t>());
  });
}

}  // namespace
}  // namespace ganymede
