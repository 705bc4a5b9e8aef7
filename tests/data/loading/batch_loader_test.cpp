#include "data/loading/batch_loader.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

class BatchLoading : public testing::Test {
 protected:
  static constexpr std::int64_t kSteps = 27;  // three epochs of 9 batches of 11 out of 100 samples

  DatasetIndex dataset(const SmallDataset& small = {}) {
    return write_small_dataset(folder_ / std::to_string(datasets_++), small);
  }

  // Windows of two chunks, so that batches straddle windows.
  BatchLoaderOptions options_{
      .seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * kSmallShape.pixels()};
  TemporaryFolder folder_;

 private:
  int datasets_ = 0;
};

// The sample numbers of a batch, found from its images: the loader must keep pixels and labels together.
std::vector<std::int64_t> samples_of(const Batch& batch, const at::Tensor& all_images) {
  std::vector<std::int64_t> samples;
  for (std::int64_t i = 0; i < batch.fields[0].size(0); ++i)
    for (std::int64_t sample = 0; sample < all_images.size(0); ++sample)
      if (at::equal(batch.fields[0][i], all_images[sample])) samples.push_back(sample);
  return samples;
}

TEST_F(BatchLoading, FollowsTheEpochOrder) {
  const DatasetIndex index = dataset();
  BatchLoader loader(index, options_, 0, 1);
  EXPECT_EQ(loader.batches_per_epoch(), 9);
  const at::Tensor all_images = small_images(0, 100).to(at::kDouble).div(255).mul(2).sub(1).to(at::kFloat);
  for (std::int64_t epoch = 0; epoch < 3; ++epoch) {
    const EpochOrder order({.seed = 5, .samples = 100, .rows_per_chunk = 8, .chunks_per_window = 2}, epoch);
    std::vector<std::int64_t> expected, found;
    for (std::int64_t window = 0; window < order.window_count(); ++window)
      for (const std::int64_t sample : order.window_samples(window)) expected.push_back(sample);
    expected.resize(99);
    for (std::int64_t step = 0; step < 9; ++step) {
      const Batch batch = loader.next();
      EXPECT_EQ(batch.epoch, epoch);
      EXPECT_EQ(batch.number, 9 * epoch + step);
      EXPECT_EQ(batch.first_place, 0);
      const std::vector<std::int64_t> samples = samples_of(batch, all_images);
      for (std::size_t i = 0; i < samples.size(); ++i)
        EXPECT_EQ(batch.fields[1][static_cast<std::int64_t>(i)].item<std::int64_t>(), samples[i] % 10);
      found.insert(found.end(), samples.begin(), samples.end());
    }
    EXPECT_EQ(found, expected);
  }
}

TEST_F(BatchLoading, RanksTogetherGetTheBatchOfOneRank) {
  const DatasetIndex index = dataset();
  for (const int size : {2, 3, 4, 13}) {
    BatchLoader whole(index, options_, 0, 1);
    std::vector<std::unique_ptr<BatchLoader>> ranks;
    for (int rank = 0; rank < size; ++rank)
      ranks.push_back(std::make_unique<BatchLoader>(index, options_, rank, size));
    for (std::int64_t step = 0; step < kSteps; ++step) {
      std::vector<at::Tensor> images, labels;
      std::int64_t place = 0;
      for (const auto& loader : ranks) {
        const Batch batch = loader->next();
        EXPECT_EQ(batch.first_place, place);
        EXPECT_EQ(batch.global_batch_size, 11);
        EXPECT_EQ(batch.number, step);
        place += batch.fields[0].size(0);
        images.push_back(batch.fields[0]);
        labels.push_back(batch.fields[1]);
      }
      const Batch expected = whole.next();
      EXPECT_TRUE(at::equal(at::cat(images), expected.fields[0])) << size << " ranks, step " << step;
      EXPECT_TRUE(at::equal(at::cat(labels), expected.fields[1])) << size << " ranks, step " << step;
    }
  }
}

// 100 samples in three shards, of which each serves four places of twelve; two ranks share the second.
TEST_F(BatchLoading, NodesServeTheirSlicesOnAnyNumberOfRanks) {
  const DatasetIndex index = dataset({.shards = 3});
  options_.global_batch_size = 12;
  options_.nodes = 3;
  const at::Tensor all_images = small_images(0, 100).to(at::kDouble).div(255).mul(2).sub(1).to(at::kFloat);
  BatchLoader one(index, options_, 0, 1), first(index, options_, 0, 2), second(index, options_, 1, 2);
  EXPECT_EQ(one.batches_per_epoch(), 8);
  std::vector<std::multiset<std::int64_t>> seen(3);  // [node]
  for (std::int64_t step = 0; step < 16; ++step) {
    const Batch batch = one.next(), left = first.next(), right = second.next();
    EXPECT_EQ(batch.epoch, step / 8);
    EXPECT_TRUE(at::equal(at::cat({left.fields[0], right.fields[0]}), batch.fields[0])) << step;
    const std::vector<std::int64_t> samples = samples_of(batch, all_images);
    for (std::size_t place = 0; place < samples.size(); ++place) seen[place / 4].insert(samples[place]);
    BatchLoaderOptions resumed = options_;
    resumed.first_batch = step;
    EXPECT_TRUE(at::equal(BatchLoader(index, resumed, 0, 1).next().fields[0], batch.fields[0])) << step;
  }
  std::int64_t end = 0;
  for (std::size_t node = 0; node < 3; ++node) {
    const std::int64_t begin = end;
    end += index.shards[node].samples;
    EXPECT_GE(*seen[node].begin(), begin);
    EXPECT_LT(*seen[node].rbegin(), end);
    for (const std::int64_t sample : seen[node]) EXPECT_LE(seen[node].count(sample), 2U) << "in two epochs";
  }
}

TEST_F(BatchLoading, TheNumberOfShardsDoesNotMatter) {
  BatchLoader one(dataset({.shards = 1}), options_, 0, 1), five(dataset({.shards = 5}), options_, 0, 1);
  for (std::int64_t step = 0; step < kSteps; ++step)
    EXPECT_TRUE(at::equal(one.next().fields[0], five.next().fields[0]));
}

TEST_F(BatchLoading, AChunkMayBeLargerThanTheDataset) {
  DatasetIndex index = dataset({.shards = 1, .rows_per_chunk = 1000});
  index.rows_per_chunk = std::int64_t{1} << 50;
  BatchLoader loader(index, options_, 0, 1);
  std::multiset<std::int64_t> labels;
  for (std::int64_t step = 0; step < 9; ++step) {
    const at::Tensor part = loader.next().fields[1];
    labels.insert(part.const_data_ptr<std::int64_t>(), part.const_data_ptr<std::int64_t>() + part.numel());
  }
  EXPECT_EQ(labels.size(), 99U);
  EXPECT_GE(labels.count(3), 9U);
}

TEST_F(BatchLoading, ResumingEqualsSkipping) {
  const DatasetIndex index = dataset();
  for (const int rank : {0, 2})
    for (std::int64_t first_batch = 0; first_batch < 20; ++first_batch) {
      BatchLoader whole(index, options_, rank, 3);
      BatchLoaderOptions resumed_options = options_;
      resumed_options.first_batch = first_batch;
      BatchLoader resumed(index, resumed_options, rank, 3);
      for (std::int64_t step = 0; step < first_batch; ++step) whole.next();
      for (std::int64_t step = first_batch; step < first_batch + 10; ++step) {
        const Batch expected = whole.next(), batch = resumed.next();
        EXPECT_EQ(batch.number, step);
        EXPECT_EQ(batch.epoch, expected.epoch);
        EXPECT_TRUE(at::equal(batch.fields[0], expected.fields[0]) &&
                    at::equal(batch.fields[1], expected.fields[1]));
      }
    }
}

TEST_F(BatchLoading, PixelsCoverTheRangeInEveryDtype) {
  const DatasetIndex index = dataset({.labels = false});
  options_.pixel_low = -0.5;
  options_.pixel_high = 2;
  BatchLoader floats(index, options_, 0, 1);
  for (const at::ScalarType dtype : {at::kDouble, at::kHalf, at::kBFloat16}) {
    options_.dtype = dtype;
    BatchLoader loader(index, options_, 0, 1);
    BatchLoader again(index,
                      {.seed = 5,
                       .global_batch_size = 11,
                       .pixel_low = 0,
                       .pixel_high = 255,
                       .window_bytes = options_.window_bytes},
                      0, 1);
    const Batch batch = loader.next();
    EXPECT_EQ(batch.fields[0].scalar_type(), dtype);
    EXPECT_EQ(batch.fields.size(), 1U);
    const at::Tensor pixels = again.next().fields[0].to(at::kDouble);
    EXPECT_TRUE(at::equal(batch.fields[0], pixels.div(255).mul(2.5).sub(0.5).to(dtype)));
  }
  EXPECT_EQ(floats.next().fields[0].scalar_type(), at::kFloat);
}

TEST_F(BatchLoading, PlacesAreSharedAsEvenlyAsPossible) {
  for (const std::int64_t batch : {1, 7, 64})
    for (const int size : {1, 2, 3, 8}) {
      std::int64_t next = 0;
      for (int rank = 0; rank < size; ++rank) {
        const PlaceRange range = places_of_rank(batch, rank, size);
        EXPECT_EQ(range.first, next);
        EXPECT_EQ(range.count, (batch + size - 1 - rank) / size);
        next += range.count;
      }
      EXPECT_EQ(next, batch);
    }
}

TEST_F(BatchLoading, ImpossibleOptionsAreNamed) {
  const DatasetIndex index = dataset();
  options_.global_batch_size = 101;
  expect_error<UserError>([&] { BatchLoader(index, options_, 0, 1); },
                          {"global batch size is 101", "100 samples"});
  options_.global_batch_size = 0;
  expect_error<UserError>([&] { BatchLoader(index, options_, 0, 1); },
                          {"global batch size is 0", "at least 1"});
}

TEST_F(BatchLoading, AShardThatIsTruncatedOrDeletedLaterIsReported) {
  for (const bool deleted : {false, true}) {
    const DatasetIndex index = dataset({.shards = 20});
    const std::filesystem::path victim = index.shard_path(13);
    if (deleted)
      std::filesystem::remove(victim);
    else
      std::filesystem::resize_file(victim, 700);
    BatchLoader loader(index, options_, 0, 1);
    const auto run = [&] {
      for (std::int64_t step = 0; step < 9; ++step) loader.next();
    };
    expect_error<DataError>(run, {"shard_00013.h5", deleted ? "No such file" : "truncated: 700 bytes"});
    expect_error<DataError>(run, {"shard_00013.h5"});
  }
}

// A shard whose size and checksum are right, but whose images have been replaced.
TEST_F(BatchLoading, AShardOfAnotherShapeIsReported) {
  DatasetIndex index = dataset({.shards = 1});
  index.spec = image_spec({.channels = 2, .height = 3, .width = 5}, index.spec.class_names());
  BatchLoader loader(index, options_, 0, 1);
  expect_error<DataError>([&] { loader.next(); },
                          {"shard_00000.h5: 'images' is Byte [100, 2, 3, 4]; expected Byte"});
}

TEST_F(BatchLoading, EndsWhileTheQueueIsFullOrEmpty) {
  const DatasetIndex index = dataset();
  for (int round = 0; round < 20; ++round) {
    BatchLoader untouched(index, options_, 0, 1);
    BatchLoader used(index, options_, 0, 1);
    for (int step = 0; step < round; ++step) used.next();
  }
}

}  // namespace
}  // namespace ganymede
