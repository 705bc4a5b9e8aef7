#include "data/importing/drawn_sequences.hpp"

#include <ATen/ops/empty.h>

#include "base/error.hpp"
#include "base/random_stream.hpp"
#include "data/format/dataset_writer.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kSequencesTogether = 512;

}  // namespace

DatasetIndex write_drawn_sequences(const DrawnSequencesOptions& options, const DrawSequences& draw) {
  require(options.samples < std::int64_t{1} << 32, "the number of samples is {}; expected less than 2^32",
          options.samples);
  DatasetWriter writer({.folder = options.out,
                        .samples = options.samples,
                        .spec = sequence_spec(options.length, options.vocabulary),
                        .shards = options.shards});
  for (std::int64_t first = 0; first < options.samples; first += kSequencesTogether)
    writer.append({draw(first, std::min(kSequencesTogether, options.samples - first))});
  return writer.finish();
}

DatasetIndex make_random_sequences(const DrawnSequencesOptions& options) {
  const RandomStream stream(options.seed, {.purpose = Purpose::synthesize}, 0);
  return write_drawn_sequences(options, [&](std::int64_t first, std::int64_t count) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(count * options.length));
    stream.words(words, static_cast<std::uint32_t>(first), options.length);
    const at::Tensor tokens = at::empty({count, options.length}, at::kInt);
    auto* token = tokens.mutable_data_ptr<std::int32_t>();
    const auto vocabulary = static_cast<std::uint64_t>(options.vocabulary);
    for (const std::uint32_t word : words) *token++ = static_cast<std::int32_t>(below(vocabulary, word));
    return tokens;
  });
}

}  // namespace ganymede
