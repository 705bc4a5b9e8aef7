#include "training/training_state.hpp"

#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "gans/adversarial_gan.hpp"
#include "tests/gans/reference_batch.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

// A small GAN of every kind of state: batch normalisation's statistics, dropout, Adam's moments.
AdversarialGanOptions small_options() {
  return {.update = Update::simultaneous,
          .generator = {.network = DcganGeneratorOptions{.noise_size = 4},
                        .update = {.optimizer = AdamOptions{}}},
          .discriminator = {.network = DcganDiscriminatorOptions{}, .update = {.optimizer = AdamOptions{}}}};
}

std::unique_ptr<Gan> make_gan(Communicator& communicator, std::uint64_t seed = 1,
                              const AdversarialGanOptions& options = small_options()) {
  return make_adversarial_gan(options, {.seed = seed, .shape = kReferenceShape, .dtype = at::kFloat},
                              communicator);
}

Batch small_batch(std::int64_t step) {
  Batch batch = reference_batch(1, step, 0, 4, at::kFloat);
  batch.global_batch_size = 4;
  return batch;
}

TEST(TrainingStates, TwoAndTwoStepsEqualFourBitForBit) {
  LoneCommunicator communicator;
  const auto straight = make_gan(communicator), first = make_gan(communicator);
  for (int step = 0; step < 4; ++step) straight->step({small_batch(step)});
  for (int step = 0; step < 2; ++step) first->step({small_batch(step)});
  const TrainingState snapshot = take_snapshot(first->players());
  const std::uint32_t checksum = checksum_state(first->players());
  first->step({small_batch(2)});  // changes nothing of the snapshot

  const auto second = make_gan(communicator);
  for (const Player& player : second->players())
    player.arena.values().fill_(0.5);  // nothing of the start is left
  restore_state(snapshot, second->players(), "the snapshot");
  EXPECT_EQ(checksum_state(second->players()), checksum);
  for (int step = 2; step < 4; ++step) second->step({small_batch(step)});
  EXPECT_EQ(checksum_state(second->players()), checksum_state(straight->players()));
  EXPECT_TRUE(at::equal(second->sample({.count = 3}).images, straight->sample({.count = 3}).images));
}

TEST(TrainingStates, NameParametersStatisticsAndMoments) {
  LoneCommunicator communicator;
  const auto gan = make_gan(communicator);
  std::vector<std::string> names;
  for (const NamedTensor& tensor : view_state(gan->players())) names.push_back(tensor.name);
  EXPECT_THAT(names,
              testing::IsSupersetOf(
                  {"generator/parameters/dense.weight", "generator/buffers/normalization0.running_mean",
                   "generator/optimizer/first_moment/dense.weight", "generator/optimizer/steps",
                   "discriminator/optimizer/second_moment/convolution1.bias"}));
}

TEST(TrainingStates, WhatIsNotFiniteIsNamed) {
  LoneCommunicator communicator;
  const auto gan = make_gan(communicator);
  EXPECT_EQ(find_not_finite(view_state(gan->players())), std::nullopt);
  for (const double bad : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const TrainingState snapshot = take_snapshot(gan->players());
    for (const NamedTensor& tensor : snapshot)
      if (tensor.name == "discriminator/optimizer/second_moment/dense.bias") tensor.tensor.fill_(bad);
    EXPECT_EQ(find_not_finite(snapshot), "discriminator/optimizer/second_moment/dense.bias");
  }
}

TEST(TrainingStates, OneOfAnotherRecipeIsRefusedAndChangesNothing) {
  LoneCommunicator communicator;
  const auto source = make_gan(communicator, /*seed=*/2);
  AdversarialGanOptions other = small_options();
  other.generator.network = DcganGeneratorOptions{.noise_size = 5};
  const auto gan = make_gan(communicator, /*seed=*/1, other);
  const std::uint32_t before = checksum_state(gan->players());
  expect_error<DataError>([&] { restore_state(take_snapshot(source->players()), gan->players(), "step_1"); },
                          {"step_1", "generator/parameters/dense.weight", "another recipe"});
  EXPECT_EQ(checksum_state(gan->players()), before);
}

TEST(StateBroadcast, MakesAllRanksEqualToRankZero) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const auto gan = make_gan(communicator, /*seed=*/100 + communicator.rank());
    broadcast_state(communicator, gan->players());
    const at::Tensor checksums = communicator.all_gather(
        at::full({1}, static_cast<std::int64_t>(checksum_state(gan->players())), at::kLong));
    EXPECT_EQ(checksums.min().item<std::int64_t>(), checksums.max().item<std::int64_t>());
  });
}

}  // namespace
}  // namespace ganymede
