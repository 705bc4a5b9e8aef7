#include "evaluation/caption_agreement.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "data/format/dataset_reader.hpp"
#include "data/samples/captions.hpp"
#include "evaluation/caption_judge.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostPairs = 20'000;  // to train on

struct ImagesAndCaptions {
  at::Tensor images;    // uint8 [n, channels, height, width]
  at::Tensor captions;  // int64 [n, longest]
};

// The first of the dataset, at most so many.
ImagesAndCaptions read_pairs(const DatasetIndex& index, std::int64_t at_most) {
  const auto captions = find_captions(index.spec);
  require(captions.has_value() && index.spec.sample().meaning == Meaning::pixels,
          "{} holds no images with captions; expected some", index.folder.string());
  const Field& field = index.spec.fields[*captions];
  const std::int64_t count = std::min(index.samples, at_most);
  ImagesAndCaptions pairs{.images = at::empty(index.spec.sample().sizes(count), at::kByte),
                          .captions = at::empty(field.sizes(count), field.stored())};
  DatasetReader reader(index);
  reader.read(index.spec.sample(), 0, count, pairs.images);
  reader.read(field, 0, count, pairs.captions);
  pairs.captions = pairs.captions.to(at::kLong);
  return pairs;
}

// int64 [n]: all rows, in an order that has nothing to do with theirs, since neighbours are alike.
at::Tensor shuffled_rows(std::int64_t count) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(/*seed=*/1);
  return at::randperm(count, random);
}

// Of each row the rows whose captions it is judged against: its own, and the next kCaptionCandidates - 1 in
// that order whose captions are not its own. int64 [n, candidates]
at::Tensor candidates_of(const at::Tensor& captions) {
  const std::int64_t count = captions.size(0);
  const at::Tensor order = shuffled_rows(count);
  const auto* at_place = order.const_data_ptr<std::int64_t>();
  at::Tensor candidates = at::empty({count, kCaptionCandidates}, at::kLong);
  for (std::int64_t place = 0; place < count; ++place) {
    const std::int64_t row = at_place[place];
    auto* found = candidates[row].mutable_data_ptr<std::int64_t>();
    std::int64_t number = 0;
    found[number++] = row;
    for (std::int64_t next = 1; next < count && number < kCaptionCandidates; ++next) {
      const std::int64_t other = at_place[(place + next) % count];
      if (!at::equal(captions[other], captions[row])) found[number++] = other;
    }
    require(number == kCaptionCandidates,
            "{} held-out captions have too few different ones to pick the right one among {}", count,
            kCaptionCandidates);
  }
  return candidates;
}

// The share of the images whose own caption, the first of their candidates, is the nearest of them. Ties are
// not right: a judge that says the same of all has 0.
double share_right(const at::Tensor& images, const at::Tensor& captions, const at::Tensor& candidates) {
  const at::Tensor nearness =
      at::bmm(
          captions.index_select(0, candidates.flatten()).view({candidates.size(0), kCaptionCandidates, -1}),
          images.unsqueeze(2))
          .squeeze(2);
  const at::Tensor right = nearness.select(1, 0) > nearness.narrow(1, 1, kCaptionCandidates - 1).amax(1);
  return right.to(at::kDouble).mean().item<double>();
}

}  // namespace

Figures measure_caption_agreement(const at::Tensor& generated, const DatasetIndex& train,
                                  const DatasetIndex& held_out) {
  const ImagesAndCaptions real = read_pairs(held_out, generated.size(0)),
                          known = read_pairs(train, kMostPairs);
  require(generated.sizes() == real.images.sizes(),
          "{} generated images of held-out captions are {}, the held-out ones {}", generated.size(0),
          c10::str(generated.sizes()), c10::str(real.images.sizes()));
  const at::Tensor candidates = candidates_of(real.captions);
  const CaptionJudge judge(known.images, known.captions,
                           train.spec.fields[*find_captions(train.spec)].values);
  const at::Tensor of_captions = judge.of_captions(real.captions), of_generated = judge.of_images(generated);
  // Each row gets the image of the row before it in the shuffled order.
  const at::Tensor order = shuffled_rows(generated.size(0));
  const at::Tensor of_others =
      at::empty_like(of_generated).index_copy(0, order, of_generated.index_select(0, order.roll(1, 0)));
  const std::string among = fmt::format("{} held-out captions, the right one picked among {}",
                                        generated.size(0), kCaptionCandidates);
  return {{"caption_retrieval", share_right(of_generated, of_captions, candidates),
           fmt::format("{}, judge {:08x}", among, judge.checksum())},
          {"retrieval_shuffled", share_right(of_others, of_captions, candidates),
           "of images with captions of others: chance"},
          {"retrieval_real", share_right(judge.of_images(real.images), of_captions, candidates),
           "of the real images: what the judge is worth"}};
}

}  // namespace ganymede
