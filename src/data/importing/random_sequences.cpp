#include "data/importing/random_sequences.hpp"

#include "base/error.hpp"
#include "base/random_stream.hpp"
#include "data/format/dataset_writer.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kSequencesTogether = 4096;

at::Tensor draw_sequences(const RandomSequencesOptions& options, std::int64_t first, std::int64_t count) {
  std::vector<std::uint32_t> words(static_cast<std::size_t>(count * options.length));
  RandomStream(options.seed, {.purpose = Purpose::synthesize}, 0)
      .words(words, static_cast<std::uint32_t>(first), options.length);
  const at::Tensor tokens = at::empty({count, options.length}, at::kInt);
  auto* token = tokens.mutable_data_ptr<std::int32_t>();
  const auto vocabulary = static_cast<std::uint64_t>(options.vocabulary);
  for (const std::uint32_t word : words) *token++ = static_cast<std::int32_t>(below(vocabulary, word));
  return tokens;
}

}  // namespace

DatasetIndex make_random_sequences(const RandomSequencesOptions& options) {
  require(options.samples < std::int64_t{1} << 32, "the number of samples is {}; expected less than 2^32",
          options.samples);
  DatasetWriter writer({.folder = options.out,
                        .samples = options.samples,
                        .spec = sequence_spec(options.length, options.vocabulary),
                        .shards = options.shards});
  for (std::int64_t first = 0; first < options.samples; first += kSequencesTogether)
    writer.append({draw_sequences(options, first, std::min(kSequencesTogether, options.samples - first))});
  return writer.finish();
}

}  // namespace ganymede
