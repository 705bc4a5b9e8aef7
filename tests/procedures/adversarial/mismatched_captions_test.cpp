#include "procedures/adversarial/mismatched_captions.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

// One word a caption.
BatchCaptions batch_of(const std::vector<std::int64_t>& words, const std::vector<std::int64_t>& labels = {}) {
  return {.captions = at::tensor(words, at::kLong).unsqueeze(1),
          .labels = labels.empty() ? at::Tensor() : at::tensor(labels, at::kLong)};
}

std::vector<std::int64_t> words_of(const at::Tensor& captions) {
  const at::Tensor flat = captions.flatten();
  return {flat.const_data_ptr<std::int64_t>(), flat.const_data_ptr<std::int64_t>() + flat.numel()};
}

using Words = std::vector<std::int64_t>;

TEST(MismatchedCaption, IsTheNextThatDiffers) {
  const MismatchedCaptions all = mismatched_captions(batch_of({1, 1, 2, 3, 1}), {0, 5});
  EXPECT_EQ(words_of(all.captions), (Words{2, 2, 3, 1, 2})) << "behind the last comes the first";
  EXPECT_TRUE(all.found.all().item<bool>());
  EXPECT_EQ(words_of(mismatched_captions(batch_of({1, 1, 2, 3, 1}), {2, 2}).captions), (Words{3, 1}));
}

TEST(MismatchedCaption, IsNeverOfTheSameClass) {
  const MismatchedCaptions all = mismatched_captions(batch_of({1, 2, 3, 4}, {0, 0, 1, 0}), {0, 4});
  EXPECT_EQ(words_of(all.captions), (Words{3, 3, 4, 3}));
  EXPECT_EQ(words_of(mismatched_captions(batch_of({1, 1, 2}, {0, 1, 2}), {0, 1}).captions), Words{2})
      << "another class with the same caption is none either";
}

TEST(MismatchedCaption, IsMissingWhereAllAreAlike) {
  for (const BatchCaptions& alike : {batch_of({1, 1, 1}), batch_of({1, 2, 3}, {0, 0, 0}), batch_of({1})}) {
    const MismatchedCaptions all = mismatched_captions(alike, {0, alike.captions.size(0)});
    EXPECT_FALSE(all.found.any().item<bool>());
    EXPECT_TRUE(at::equal(all.captions, alike.captions));
  }
}

TEST(MismatchedCaption, TheWholeBatchIsOnEveryRank) {
  const BatchCaptions whole = batch_of({5, 6, 7, 8}, {1, 2, 3, 4});
  run_loopback_ranks(3, [&](Communicator& communicator) {
    const PlaceRange places = places_of_rank(4, communicator.rank(), communicator.size());
    const at::Tensor captions = whole.captions.narrow(0, places.first, places.count);
    const at::Tensor labels = whole.labels.narrow(0, places.first, places.count);
    const Batch batch{.fields = {captions}, .first_place = places.first, .global_batch_size = 4};
    const BatchCaptions gathered = gather_captions(batch, captions, labels, /*together=*/1, communicator);
    EXPECT_TRUE(at::equal(gathered.captions, whole.captions));
    EXPECT_TRUE(at::equal(gathered.labels, whole.labels));
    EXPECT_FALSE(gather_captions(batch, captions, {}, 1, communicator).labels.defined());
  });
}

}  // namespace
}  // namespace ganymede
