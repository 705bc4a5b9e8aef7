// Samples of an average come from averaged weights with averaged running statistics.
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "procedures/training_state.hpp"
#include "tests/procedures/adversarial/parts.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kAverageSeed = 6;
constexpr double kDecay = 0.75;

// Batch normalisation in both networks, two critic steps, and an average where decay is given.
std::unique_ptr<Procedure> make(Communicator& communicator, std::optional<double> decay,
                                BatchStatistics statistics = BatchStatistics::global) {
  AdversarialOptions options = part_options("mlp_options");
  options.critic_steps = 2;
  options.ema = decay;
  std::get<MlpGeneratorOptions>(options.generator.network).batch_normalization = statistics;
  const bool of_replicas = statistics == BatchStatistics::replica;
  std::get<MlpDiscriminatorOptions>(options.discriminator.network).batch_normalization = statistics;
  return make_gan(options,
                  {.seed = kAverageSeed,
                   .sources = {kPartSpec},
                   .compute = at::kDouble,
                   .replicas = of_replicas ? std::optional<std::int64_t>(2) : std::nullopt},
                  communicator);
}

void take_step(Procedure& gan, int step, PlaceRange places = {0, kPartBatchSize}) {
  AdversarialOptions options;
  options.critic_steps = gan.schedule().phases().front().batches.front();
  take_losses(gan, step, part_batches(kAverageSeed, step, options, places, at::kDouble));
}

class AverageStatistics : public testing::TestWithParam<BatchStatistics> {};

TEST_P(AverageStatistics, MoveOnceAStepTowardsTheRunningOnes) {
  LoneCommunicator communicator;
  const auto gan = make(communicator, kDecay, GetParam());
  const Player generator = gan->players().front();
  const auto running = generator.network->named_buffers();
  ASSERT_EQ(generator.average_buffers.size(), running.size());
  std::vector<at::Tensor> expected;
  for (const auto& buffer : running) expected.push_back(buffer.value().clone());
  for (int step = 0; step < 3; ++step) {
    take_step(*gan, step);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      expected[i] = kDecay * expected[i] + (1 - kDecay) * running[i].value();
      EXPECT_EQ(generator.average_buffers[i].first, running[i].key());
      EXPECT_TRUE(at::allclose(generator.average_buffers[i].second, expected[i], 1e-12, 1e-14));
      EXPECT_FALSE(at::allclose(generator.average_buffers[i].second, running[i].value()));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Statistics, AverageStatistics,
                         testing::Values(BatchStatistics::global, BatchStatistics::local,
                                         BatchStatistics::replica));

TEST(Average, IsSampledLikeAGanThatHoldsItsNumbers) {
  LoneCommunicator communicator;
  const auto averaged = make(communicator, kDecay), plain = make(communicator, std::nullopt);
  for (int step = 0; step < 3; ++step) take_step(*averaged, step);
  const at::Tensor before = averaged->players()[0].network->buffers()[0].clone();
  const at::Tensor samples = averaged->sample({.count = 5}).values;
  EXPECT_TRUE(at::equal(averaged->players()[0].network->buffers()[0], before)) << "the live statistics";

  const Player from = averaged->players()[0], to = plain->players()[0];
  const at::NoGradGuard no_grad;
  to.arena.values().copy_(from.average);
  auto buffers = to.network->named_buffers();
  for (const auto& [name, average] : from.average_buffers) buffers[name].copy_(average);
  EXPECT_TRUE(at::equal(plain->sample({.count = 5}).values, samples));
}

TEST(Average, OfLocalStatisticsIsTheSameOnAllRanksOnceTheyAre) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const auto gan = make(communicator, kDecay, BatchStatistics::local);
    take_step(*gan, 0, places_of_rank(kPartBatchSize, communicator.rank(), communicator.size()));
    gan->settle();
    const at::Tensor checksums =
        communicator.all_gather(at::full({1}, static_cast<std::int64_t>(checksum_state(*gan)), at::kLong));
    EXPECT_EQ(checksums.min().item<std::int64_t>(), checksums.max().item<std::int64_t>());
  });
}

TEST(Average, GoesIntoTheCheckpoint) {
  LoneCommunicator communicator;
  const auto saved = make(communicator, kDecay), loaded = make(communicator, kDecay);
  take_step(*saved, 0);
  restore_state(take_snapshot(*saved), *loaded, "the snapshot");
  EXPECT_TRUE(at::equal(loaded->players()[0].average_buffers[0].second,
                        saved->players()[0].average_buffers[0].second));
  EXPECT_TRUE(at::equal(loaded->sample({.count = 5}).values, saved->sample({.count = 5}).values));
}

}  // namespace
}  // namespace ganymede
