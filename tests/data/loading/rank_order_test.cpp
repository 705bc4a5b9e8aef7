#include "data/loading/rank_order.hpp"

#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "data/loading/window_reader.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr EpochOrderOptions kOrder{.seed = 5, .samples = 100, .rows_per_chunk = 8, .chunks_per_window = 2};

// Sample numbers of the first `count` of a rank's places.
std::vector<std::int64_t> first_samples(const RankOrderOptions& options, std::size_t count) {
  RankOrder order(options);
  std::vector<std::int64_t> samples;
  while (samples.size() < count) {
    const WantedRows wanted = order.next();
    EXPECT_FALSE(wanted.rows.empty());
    for (const std::int64_t row : wanted.rows)
      samples.push_back(sample_of_row(wanted.chunks, kOrder.rows_per_chunk, row));
  }
  samples.resize(count);
  return samples;
}

// The shard plan place by place, as its definition says: whole batches of an epoch, one epoch after another.
TEST(RankOrder, IsTheRanksSliceOfEveryBatch) {
  for (const std::int64_t batch_size : {1, 7, 11, 40, 100})
    for (const PlaceRange places : {PlaceRange{0, batch_size}, PlaceRange{batch_size / 2, 1},
                                    PlaceRange{batch_size / 3, batch_size / 2}})
      for (const std::int64_t first_batch : {0, 1, 5, 23}) {
        if (places.count == 0) continue;
        std::vector<std::int64_t> expected;
        for (std::int64_t step = first_batch; step < first_batch + 40; ++step) {
          const std::int64_t batches_per_epoch = 100 / batch_size;
          const EpochOrder epoch(kOrder, step / batches_per_epoch);
          std::vector<std::int64_t> order;
          for (std::int64_t window = 0; window < epoch.window_count(); ++window)
            for (const std::int64_t sample : epoch.window_samples(window)) order.push_back(sample);
          const std::int64_t begin = step % batches_per_epoch * batch_size + places.first;
          expected.insert(expected.end(), order.begin() + begin, order.begin() + begin + places.count);
        }
        EXPECT_EQ(first_samples({.order = kOrder,

                                 .batch_size = batch_size,
                                 .batches_per_epoch = 100 / batch_size,
                                 .first_batch = first_batch,
                                 .places = places},
                                expected.size()),
                  expected)
            << "batches of " << batch_size << ", places " << places.first << " + " << places.count
            << ", from step " << first_batch;
      }
}

TEST(WindowReader, KeepsTheRowsThatARankWants) {
  const TemporaryFolder folder;
  for (const bool labels : {true, false}) {
    const DatasetIndex index =
        write_small_dataset(folder / (labels ? "with" : "without"), {.labels = labels});
    for (const PlaceRange places : {PlaceRange{0, 11}, PlaceRange{4, 3}}) {
      RankOrder order({.order = kOrder, .batch_size = 11, .batches_per_epoch = 9, .places = places});
      WindowReader reader(index, kOrder.rows_per_chunk);
      for (int i = 0; i < 30; ++i) {
        const WantedRows wanted = order.next();
        const RowWindow window = reader.read(wanted);
        ASSERT_EQ(window.order.size(), wanted.rows.size());
        EXPECT_EQ(window.fields.size(), labels ? 2U : 1U);
        for (std::size_t place = 0; place < window.order.size(); ++place) {
          const std::int64_t sample = sample_of_row(wanted.chunks, kOrder.rows_per_chunk, wanted.rows[place]);
          EXPECT_TRUE(at::equal(window.fields[0][window.order[place]], small_images(sample, 1)[0]));
          if (labels) {
            EXPECT_EQ(window.fields[1][window.order[place]].item<std::int64_t>(), sample % 10);
          }
        }
        const auto kept = static_cast<std::int64_t>(wanted.rows.size());
        EXPECT_LE(window.fields[0].size(0), kept + kOrder.rows_per_chunk) << "memory for what is kept";
      }
    }
  }
}

}  // namespace
}  // namespace ganymede
