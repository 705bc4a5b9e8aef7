// Batches over which a network cannot normalise.
#include "procedures/adversarial/adversarial_options.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

AdversarialOptions with_networks(GeneratorOptions generator, DiscriminatorOptions discriminator,
                                 std::int64_t packing = 1) {
  return {.packing = packing,
          .generator = {.network = std::move(generator), .update = {.optimizer = AdamOptions{}}},
          .discriminator = {.network = std::move(discriminator), .update = {.optimizer = AdamOptions{}}}};
}

DiscriminatorOptions normalising(BatchStatistics statistics) {
  return MlpDiscriminatorOptions{.batch_normalization = statistics};
}

void expect_refused(const AdversarialOptions& options, const BatchOptions& batch, int ranks,
                    const std::vector<std::string>& words) {
  expect_error<UserError>([&] { check_shares(options, batch, ranks); }, words);
}

TEST(BatchStatisticsCheck, OneSampleHasNoVariance) {
  const auto dcgan = with_networks(DcganGeneratorOptions{}, DcganDiscriminatorOptions{});
  expect_refused(dcgan, {.global_batch_size = 1}, 1,
                 {"data.global_batch_size is 1: gan.generator.network", "single sample", "at least 2"});
  check_shares(dcgan, {.global_batch_size = 2}, 2);
  check_shares(with_networks(MlpGeneratorOptions{}, MlpDiscriminatorOptions{}), {.global_batch_size = 1}, 1);
}

TEST(BatchStatisticsCheck, OfLocalStatisticsTheSmallestRankCounts) {
  const auto local = with_networks(MlpGeneratorOptions{}, normalising(BatchStatistics::local));
  expect_refused(local, {.global_batch_size = 5}, 3,
                 {"data.global_batch_size is 5, over 3 ranks: gan.discriminator.network", "at least 6",
                  "fewer ranks", "batch_normalization: sync"});
  check_shares(local, {.global_batch_size = 6}, 3);
  check_shares(with_networks(MlpGeneratorOptions{}, normalising(BatchStatistics::global)),
               {.global_batch_size = 5}, 3);
}

TEST(BatchStatisticsCheck, OfReplicasEachCounts) {
  const auto replica = with_networks(DcganGeneratorOptions{.batch_normalization = BatchStatistics::replica},
                                     DcganDiscriminatorOptions{});
  expect_refused(replica, {.global_batch_size = 4, .replicas = 4}, 1,
                 {"over 4 virtual replicas: gan.generator.network", "at least 8"});
  check_shares(replica, {.global_batch_size = 8, .replicas = 4}, 1);
}

TEST(BatchStatisticsCheck, ADiscriminatorOfPacksSeesPacks) {
  const auto packed = with_networks(DcganGeneratorOptions{.batch_normalization = BatchStatistics::local},
                                    normalising(BatchStatistics::local), /*packing=*/2);
  expect_refused(packed, {.global_batch_size = 6}, 2,
                 {"gan.discriminator.network", "single pack of 2 samples", "at least 8"});
  check_shares(packed, {.global_batch_size = 8}, 2);
}

TEST(BatchStatisticsCheck, PixelsOfOneSampleAreSeveralValues) {
  check_shares(with_networks(Dcgan32GeneratorOptions{.batch_normalization = BatchStatistics::local},
                             Dcgan32DiscriminatorOptions{.batch_normalization = BatchStatistics::local}),
               {.global_batch_size = 3}, 3);
}

}  // namespace
}  // namespace ganymede
