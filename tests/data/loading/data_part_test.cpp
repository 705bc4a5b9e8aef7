#include "data/loading/data_part.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

DatasetIndex index_of(const std::vector<std::int64_t>& samples_of_shards) {
  DatasetIndex index{.folder = "some"};
  for (const std::int64_t samples : samples_of_shards) {
    index.shards.push_back({.file = std::to_string(index.shards.size()), .samples = samples});
    index.samples += samples;
  }
  return index;
}

std::vector<std::int64_t> dealt_samples(const std::vector<std::int64_t>& samples_of_shards,
                                        std::int64_t nodes) {
  std::vector<std::int64_t> samples;
  std::size_t shard = 0;
  std::int64_t place = 0;
  for (const DataPart& part :
       parts_of(index_of(samples_of_shards), {.global_batch_size = 12, .nodes = nodes})) {
    EXPECT_EQ(part.first_shard, shard);
    EXPECT_EQ(part.index.shards.front().file, std::to_string(shard));
    EXPECT_EQ(part.places.first, place);
    EXPECT_EQ(part.places.count, 12 / nodes);
    shard += part.index.shards.size();
    place += part.places.count;
    samples.push_back(part.index.samples);
  }
  EXPECT_EQ(shard, samples_of_shards.size());
  return samples;
}

using Samples = std::vector<std::int64_t>;

TEST(DataParts, AreRunsOfShardsWithAboutAsManySamples) {
  EXPECT_EQ(dealt_samples({20, 20, 20, 20}, 4), (Samples{20, 20, 20, 20}));
  EXPECT_EQ(dealt_samples({20, 20, 20, 20}, 2), (Samples{40, 40}));
  EXPECT_EQ(dealt_samples({20, 20, 20, 20}, 1), (Samples{80}));
  EXPECT_EQ(dealt_samples({17, 17, 17, 17, 16, 16}, 4), (Samples{34, 17, 17, 32}));
  EXPECT_EQ(dealt_samples({100, 10, 10, 10}, 2), (Samples{100, 30}));
  EXPECT_EQ(dealt_samples({10, 10, 10, 100}, 4), (Samples{10, 10, 10, 100}));
  EXPECT_EQ(dealt_samples({10, 10, 10, 100}, 3), (Samples{20, 10, 100}));
}

TEST(DataParts, ServeThePlacesThatTheyShare) {
  const auto parts = parts_of(index_of({20, 20, 20}), {.global_batch_size = 12, .nodes = 3});
  const auto served_by = [&](PlaceRange places) {
    std::vector<std::size_t> shards;
    for (const DataPart& part : parts)
      if (part.serves(places)) shards.push_back(part.first_shard);
    return shards;
  };
  EXPECT_EQ(served_by({0, 4}), (std::vector<std::size_t>{0}));
  EXPECT_EQ(served_by({4, 4}), (std::vector<std::size_t>{1}));
  EXPECT_EQ(served_by({3, 2}), (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(served_by({0, 12}), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(DataParts, AnEpochEndsWithTheFirstPartThatHasNoWholeSliceLeft) {
  const auto batches = [](const Samples& shards, std::int64_t nodes) {
    return batches_per_epoch(parts_of(index_of(shards), {.global_batch_size = 12, .nodes = nodes}));
  };
  EXPECT_EQ(batches({25, 35}, 1), 5);
  EXPECT_EQ(batches({25, 35}, 2), 4);
}

TEST(DataParts, SayWhatCannotBeDealt) {
  const auto deal = [](const Samples& shards, const BatchLoaderOptions& options) {
    return [=] { parts_of(index_of(shards), options); };
  };
  expect_error<UserError>(deal({20, 20}, {.global_batch_size = 12, .nodes = 3}),
                          {"2 shards, but data.order.node.nodes is 3", "expected one a node"});
  expect_error<UserError>(deal({20, 20}, {.global_batch_size = 13, .nodes = 2}),
                          {"expected a number of nodes that divides the batch"});
  expect_error<UserError>(deal({20, 20}, {.global_batch_size = 12, .nodes = 2, .places_together = 4}),
                          {"into whole packs of 4"});
  expect_error<UserError>(deal({5, 100}, {.global_batch_size = 12, .nodes = 2}),
                          {"node 0", "5 samples", "6 places"});
}

}  // namespace
}  // namespace ganymede
