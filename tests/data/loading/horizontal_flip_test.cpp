#include "data/loading/horizontal_flip.hpp"

#include <ATen/ops/cat.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "data/loading/batch_loader.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

TEST(HorizontalFlip, MirrorsEachRowOfEachChannel) {
  const at::Tensor image = small_images(4, 1)[0], mirror = image.clone();
  mirror_image(image.const_data_ptr<std::uint8_t>(), kSmallShape, mirror.mutable_data_ptr<std::uint8_t>());
  EXPECT_TRUE(at::equal(mirror, image.flip({2})));
}

TEST(HorizontalFlip, HalfOfThePlacesAreMirroredAndOthersAtEachStep) {
  constexpr std::int64_t kPlaces = 10'000;
  const std::vector<bool> first = draw_mirrored(3, 0, 0, {0, kPlaces}),
                          second = draw_mirrored(3, 0, 1, {0, kPlaces});
  std::int64_t mirrored = 0, changed = 0;
  for (std::size_t place = 0; place < first.size(); ++place) {
    mirrored += first[place];
    changed += first[place] != second[place];
  }
  // 5 standard deviations of a binomial of 10,000 halves are 250.
  EXPECT_NEAR(static_cast<double>(mirrored), kPlaces / 2, 250);
  EXPECT_NEAR(static_cast<double>(changed), kPlaces / 2, 250);
}

TEST(HorizontalFlip, TheLoaderMirrorsThePlacesThatWereDrawnOnAnyNumberOfRanks) {
  const TemporaryFolder folder;
  const DatasetIndex index = write_small_dataset(folder / "small");
  const BatchLoaderOptions plain{.seed = 5, .global_batch_size = 11};
  BatchLoaderOptions flipping = plain;
  flipping.horizontal_flip = true;
  for (const int size : {1, 2, 3}) {
    BatchLoader whole(index, plain, 0, 1);
    std::vector<std::unique_ptr<BatchLoader>> ranks;
    for (int rank = 0; rank < size; ++rank)
      ranks.push_back(std::make_unique<BatchLoader>(index, flipping, rank, size));
    for (std::int64_t step = 0; step < 20; ++step) {
      std::vector<at::Tensor> parts;
      for (const auto& loader : ranks) parts.push_back(loader->next().fields[0]);
      const at::Tensor found = at::cat(parts), original = whole.next().fields[0];
      const std::vector<bool> mirrored = draw_mirrored(5, 0, step, {0, 11});
      for (std::int64_t place = 0; place < 11; ++place)
        EXPECT_TRUE(at::equal(found[place], mirrored[static_cast<std::size_t>(place)]
                                                ? original[place].flip({2})
                                                : original[place]))
            << size << " ranks, step " << step << ", place " << place;
    }
  }
}

}  // namespace
}  // namespace ganymede
