#include "data/loading/sample_cache.hpp"

#include <ATen/ops/equal.h>

#include "data/loading/batch_loader.hpp"
#include "distributed/loopback_communicator.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kPlenty = 1 << 20;

class SampleCaching : public testing::Test {
 protected:
  DatasetIndex dataset(const SmallDataset& small = {}) {
    return write_small_dataset(folder_ / std::to_string(datasets_++), small);
  }

  // Three epochs, bit for bit, of all ranks.
  void expect_cached_equals_streamed(const DatasetIndex& index) {
    const auto cache = cache_samples(index, kPlenty, alone_);
    ASSERT_TRUE(cache);
    for (const int size : {1, 2, 3, 13})
      for (int rank = 0; rank < size; ++rank) {
        BatchLoader cached(index, options_, rank, size, {cache}), streamed(index, options_, rank, size);
        for (int step = 0; step < 27; ++step) {
          const Batch batch = cached.next(), expected = streamed.next();
          ASSERT_TRUE(at::equal(batch.fields[0], expected.fields[0])) << size << " ranks, step " << step;
          ASSERT_EQ(batch.fields.size(), index.spec.fields.size());
          if (index.spec.classes() > 0) {
            ASSERT_TRUE(at::equal(batch.fields[1], expected.fields[1]));
          }
          EXPECT_EQ(batch.epoch, expected.epoch);
        }
      }
  }

  BatchLoaderOptions options_{
      .seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * kSmallShape.pixels()};
  LoneHostGroup alone_;
  TemporaryFolder folder_;

 private:
  int datasets_ = 0;
};

TEST_F(SampleCaching, EqualsStreaming) {
  expect_cached_equals_streamed(dataset());
  expect_cached_equals_streamed(dataset({.labels = false}));
  options_.horizontal_flip = true;
  options_.first_batch = 5;
  expect_cached_equals_streamed(dataset({.shards = 7, .rows_per_chunk = 5}));
  expect_cached_equals_streamed(dataset({.shards = 1, .rows_per_chunk = 1000}));
}

TEST_F(SampleCaching, EqualsStreamingOfPoints) {
  DatasetWriter writer({.folder = folder_ / "points",
                        .samples = 100,
                        .spec = point_spec(3),
                        .shards = 3,
                        .rows_per_chunk = 8});
  writer.append({at::arange(300).to(at::kFloat).reshape({100, 3})});
  options_.window_bytes = 2 * 8 * 12;
  expect_cached_equals_streamed(writer.finish());
}

TEST_F(SampleCaching, TheRanksOfAHostFillItTogether) {
  const DatasetIndex index = dataset();
  for (const int size : {1, 2, 3, 4, 20})  // more ranks than chunks too
    run_loopback_ranks(size, [&](Communicator& communicator) {
      ASSERT_EQ(communicator.host_group().size(), size);
      const auto cache = cache_samples(index, kPlenty, communicator.host_group());
      ASSERT_TRUE(cache);
      EXPECT_TRUE(at::equal(cache->fields[0], small_images(0, 100)));
      EXPECT_TRUE(at::equal(cache->fields[1], small_labels(0, 100)));
    });
}

TEST_F(SampleCaching, TakesNoMoreThanTheBudget) {
  const DatasetIndex index = dataset();
  const std::int64_t needed = 100 * (kSmallShape.pixels() + 8);
  EXPECT_TRUE(cache_samples(index, needed, alone_));
  EXPECT_FALSE(cache_samples(index, needed - 1, alone_));
  EXPECT_FALSE(cache_samples(index, 0, alone_));
}

TEST_F(SampleCaching, ADamagedShardIsLeftToTheRankThatMeetsIt) {
  const DatasetIndex index = dataset({.shards = 20});
  std::filesystem::resize_file(index.shard_path(13), 700);
  run_loopback_ranks(3, [&](Communicator& communicator) {
    const auto cache = cache_samples(index, kPlenty, communicator.host_group());
    EXPECT_FALSE(cache) << "on every rank";
    BatchLoader loader(index, options_, communicator.rank(), communicator.size(), {cache});
    const auto run = [&] {
      for (int step = 0; step < 9; ++step) loader.next();
    };
    expect_error<DataError>(run, {"shard_00013.h5", "truncated: 700 bytes"});
  });
}

class FullHost final : public HostGroup {
 public:
  int rank() const override { return 1; }
  int size() const override { return 2; }

 private:
  std::vector<at::Tensor> do_allocate_each(std::int64_t elements, at::ScalarType dtype) override {
    return {do_allocate_one(elements, dtype)};
  }
  at::Tensor do_allocate_one(std::int64_t /*elements*/, at::ScalarType /*dtype*/) override {
    throw CommunicationError("no room");
  }
  void do_barrier() override {}
};

TEST_F(SampleCaching, IsDoneWithoutWhereTheHostHasNoMemory) {
  FullHost host;
  EXPECT_FALSE(cache_samples(dataset(), kPlenty, host));
}

}  // namespace
}  // namespace ganymede
