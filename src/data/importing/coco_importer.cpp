#include "data/importing/coco_importer.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/caption_pairs.hpp"
#include "data/importing/image_fit.hpp"
#include "data/importing/import_shape.hpp"
#include "data/importing/vocabulary.hpp"
#include "data/samples/captions.hpp"
#include "storage/pictures/image_file.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kPairBlockBytes = std::int64_t{16} << 20;
constexpr std::int64_t kMostWords = 1000;  // of a caption: more are none
constexpr const char* kCannotBeUsed = "captions and images cannot be used";

// The words that occur often enough, the most frequent first.
std::vector<std::string> frequent_words(const std::vector<CaptionPair>& pairs, std::int64_t least_count) {
  std::map<std::string, std::int64_t> counts;
  for (const CaptionPair& pair : pairs)
    for (const std::string& word : pair.words) ++counts[word];
  std::erase_if(counts, [&](const auto& counted) { return counted.second < least_count; });
  return Vocabulary::of_counts(counts).names();
}

// The field of the dataset that was named, else one made of the captions.
Field field_of_captions(const CocoImportOptions& options, const std::vector<CaptionPair>& pairs) {
  if (options.vocabulary) {
    const DatasetIndex index = read_dataset_index(find_dataset(*options.vocabulary));
    const auto captions = find_captions(index.spec);
    require(captions.has_value(), "--vocabulary is {}, which has no captions; expected a dataset with some",
            options.vocabulary->string());
    return index.spec.fields[*captions];
  }
  std::size_t longest = 1;
  for (const CaptionPair& pair : pairs) longest = std::max(longest, pair.words.size());
  const auto found = static_cast<std::int64_t>(longest);
  require(options.longest || found <= kMostWords,
          "{}: the longest caption has {} words; expected at most {}: cut them by --longest",
          options.captions.string(), found, kMostWords);
  return caption_field(options.longest.value_or(found), frequent_words(pairs, options.least_count));
}

// Leaves out rare words, and says what is wrong with the words of pairs.
void check_words(const CocoImportOptions& options, const CaptionCoder& coder, std::vector<CaptionPair>& pairs,
                 std::vector<BadSample>& bad) {
  for (std::size_t place = 0; place < pairs.size(); ++place) {
    CaptionPair& pair = pairs[place];
    const std::vector<std::string> unknown = coder.unknown(pair.words);
    if (unknown.empty()) continue;
    std::erase_if(pair.words, [&](const std::string& word) {
      return std::find(unknown.begin(), unknown.end(), word) != unknown.end();
    });
    if (options.vocabulary)
      bad.push_back({place, fmt::format("a caption of image {} ({}) has words that {} lacks: {}", pair.image,
                                        pair.file.filename().string(), options.vocabulary->string(),
                                        fmt::join(unknown, ", "))});
    else if (pair.words.empty())
      bad.push_back({place, fmt::format("a caption of image {} ({}) has rare words only: {}", pair.image,
                                        pair.file.filename().string(), fmt::join(unknown, ", "))});
  }
}

// Pictures one after another, each read once for all of its captions, which follow each other.
class PictureOfPairs {
 public:
  explicit PictureOfPairs(const ImageShape& shape) : shape_(shape) {}

  // uint8 [shape]; throws what is wrong with it.
  const at::Tensor& of(const CaptionPair& pair) {
    if (pair.image != image_ || !pixels_.defined()) {
      pixels_ = at::Tensor();
      image_ = pair.image;
      pixels_ = fit_image(read_image(pair.file), shape_);
    }
    return pixels_;
  }

 private:
  const ImageShape shape_;
  std::int64_t image_ = 0;
  at::Tensor pixels_;
};

void warn_of_cut(const std::vector<CaptionPair>& pairs, std::int64_t longest) {
  const auto cut = std::count_if(pairs.begin(), pairs.end(), [&](const CaptionPair& pair) {
    return static_cast<std::int64_t>(pair.words.size()) > longest;
  });
  if (cut > 0)
    spdlog::warn("{} of {} captions have more than {} words; what is beyond them is cut off", cut,
                 pairs.size(), longest);
}

// Writes the dataset. If some pairs cannot be used, nothing is written, and all of them are in `bad`.
std::optional<DatasetIndex> write_pairs(const CocoImportOptions& options, std::vector<CaptionPair> pairs,
                                        std::vector<BadSample>& bad) {
  const Field captions = field_of_captions(options, pairs);
  const CaptionCoder coder(captions);
  check_words(options, coder, pairs, bad);
  DataSpec spec = image_spec(options.shape);
  spec.fields.push_back(captions);
  const auto samples = static_cast<std::int64_t>(pairs.size());
  DatasetWriter writer({.folder = options.out, .samples = samples, .spec = spec, .shards = options.shards});
  PictureOfPairs picture(options.shape);
  const std::int64_t most = std::clamp<std::int64_t>(kPairBlockBytes / options.shape.pixels(), 1, 64);
  for (std::int64_t first = 0; first < samples; first += most) {
    const std::int64_t count = std::min(most, samples - first);
    const at::Tensor images = at::empty(spec.sample().sizes(count), at::kByte);
    const at::Tensor tokens = at::empty(captions.sizes(count), captions.stored());
    for (std::int64_t i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(first + i);
      const CaptionPair& pair = pairs[place];
      tokens[i].copy_(coder.encode(pair.words));
      try {
        images[i].copy_(picture.of(pair));
      } catch (const Error& error) {
        bad.push_back({place, fmt::format("image {}: {}", pair.image, error.what())});
      }
    }
    if (bad.empty()) writer.append({images, tokens});  // else only to find the others
  }
  if (!bad.empty()) return std::nullopt;
  warn_of_cut(pairs, captions.elements());
  return writer.finish();
}

// The pairs without the bad ones; `bad` goes on behind them. Says what is left out, or throws it.
std::vector<CaptionPair> without_bad(const CocoImportOptions& options, std::vector<CaptionPair> pairs,
                                     const std::vector<BadSample>& bad) {
  const std::size_t places = std::max(pairs.size(), bad.back().place + 1);
  const std::string words =
      fmt::format("{}: {}", options.captions.string(), describe_bad(bad, places, kCannotBeUsed));
  if (!options.skip_bad) throw DataError(words + "; mend the file, or leave them out with --skip-bad");
  const std::vector<bool> kept = kept_places(bad, places);
  std::vector<CaptionPair> left;
  for (std::size_t place = 0; place < pairs.size(); ++place)
    if (kept[place]) left.push_back(std::move(pairs[place]));
  if (left.empty()) throw DataError(words + "; expected at least one pair that can be");
  spdlog::warn("left out: {}", words);
  return left;
}

}  // namespace

DatasetIndex import_coco(const CocoImportOptions& options) {
  check_asked_shape(options.shape);
  require(std::filesystem::is_directory(options.images),
          "--images is {}, no such folder; expected one of pictures", options.images.string());
  auto [pairs, bad] = read_caption_pairs(options.captions, options.images);
  if (pairs.empty() && bad.empty())
    throw DataError(
        fmt::format("{}: it has no images and no annotations; expected some", options.captions.string()));
  if (!bad.empty()) pairs = without_bad(options, std::move(pairs), bad);
  for (;;) {
    bad.clear();
    if (const auto index = write_pairs(options, pairs, bad)) return *index;
    pairs = without_bad(options, std::move(pairs), bad);
  }
}

}  // namespace ganymede
