#include "data/importing/text_importer.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/utf8.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/vocabulary.hpp"
#include "storage/text_lines.hpp"

namespace ganymede {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF", kSpaces = " \t";
constexpr std::size_t kMostUnits = 10'000;  // of a line: more are no sequence

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  while (true) {
    const std::size_t begin = line.find_first_not_of(kSpaces);
    if (begin == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(kSpaces, begin), line.size());
    words.emplace_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

std::string_view without_spaces_around(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return line.substr(begin, line.find_last_not_of(kSpaces) + 1 - begin);
}

class Sequences {
 public:
  explicit Sequences(const TextImportOptions& options) : options_(options), lines_(options.file) {}

  // The next sequence that is not empty; false after the last.
  bool next(std::vector<std::string>& units) {
    std::string line;
    while (lines_.next(line)) {
      if (lines_.number() == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
      if (!is_utf8(line)) refuse("it is not UTF-8; convert the file");
      units = options_.unit == TextUnit::words ? split_words(line)
                                               : split_characters(without_spaces_around(line));
      if (units.size() > kMostUnits) refuse(fmt::format("{}, expected at most {}", found(units), kMostUnits));
      if (length_ == 0) length_ = units.size();
      if (!units.empty() && units.size() != length_)
        refuse(fmt::format("{}, but the first sequence has {}; expected sequences of one length",
                           found(units), length_));
      if (!units.empty()) return true;
      ++empty_;
    }
    return false;
  }

  std::int64_t empty_lines() const { return empty_; }
  // Of the line of the last sequence.
  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", options_.file.string(), lines_.number(), what));
  }

 private:
  std::string found(const std::vector<std::string>& units) const {
    return counted(static_cast<std::int64_t>(units.size()),
                   options_.unit == TextUnit::words ? "word" : "character");
  }

  const TextImportOptions& options_;
  TextLines lines_;
  std::size_t length_ = 0;
  std::int64_t empty_ = 0;
};

struct TextSurvey {
  std::int64_t samples = 0, length = 0;
  Vocabulary vocabulary;
};

// Of what the importer keeps: sequences of known units where the vocabulary is given.
TextSurvey survey_text(const TextImportOptions& options) {
  std::map<std::string, std::int64_t> counts;
  const std::optional<Vocabulary> given =
      options.vocabulary ? std::optional(Vocabulary::of_dataset(*options.vocabulary)) : std::nullopt;
  std::int64_t samples = 0, length = 0, unknown = 0;
  std::vector<std::string> units;
  Sequences sequences(options);
  while (sequences.next(units)) {
    length = static_cast<std::int64_t>(units.size());
    const auto stranger = std::find_if(units.begin(), units.end(),
                                       [&](const std::string& unit) { return given && !given->find(unit); });
    if (stranger != units.end()) {
      if (!options.skip_unknown)
        sequences.refuse(
            fmt::format("'{}' is not in the vocabulary of {}; leave the line out, or give "
                        "--skip-unknown",
                        *stranger, options.vocabulary->string()));
      ++unknown;
      continue;
    }
    ++samples;
    for (const std::string& unit : units) ++counts[unit];
  }
  if (samples == 0)
    throw DataError(fmt::format("{}: no line has a sequence{}; expected one a line", options.file.string(),
                                unknown > 0 ? " of known units" : ""));
  if (sequences.empty_lines() > 0)
    spdlog::warn("{}: {} are left out", options.file.string(),
                 counted(sequences.empty_lines(), "empty line"));
  if (unknown > 0)
    spdlog::warn("{}: {} with what {} does not have are left out", options.file.string(),
                 counted(unknown, "line"), options.vocabulary->string());
  return {.samples = samples, .length = length, .vocabulary = given ? *given : Vocabulary::of_counts(counts)};
}

// The sequence's tokens, int32 [1, length]; nothing where a unit is unknown.
std::optional<at::Tensor> tokens_of(const std::vector<std::string>& units, const Vocabulary& vocabulary) {
  const at::Tensor tokens = at::empty({1, static_cast<std::int64_t>(units.size())}, at::kInt);
  auto* numbers = tokens.mutable_data_ptr<std::int32_t>();
  for (const std::string& unit : units) {
    const auto token = vocabulary.find(unit);
    if (!token) return std::nullopt;
    *numbers++ = *token;
  }
  return tokens;
}

}  // namespace

DatasetIndex import_text(const TextImportOptions& options) {
  const auto [samples, length, vocabulary] = survey_text(options);
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .spec = sequence_spec(length, vocabulary.size(), vocabulary.names()),
                        .shards = options.shards});
  Sequences sequences(options);
  std::vector<std::string> units;
  while (sequences.next(units)) {
    const auto tokens = tokens_of(units, vocabulary);
    if (!tokens && !options.skip_unknown)
      throw DataError(
          fmt::format("{}: it changed while it was read; import it again", options.file.string()));
    if (tokens) writer.append({*tokens});
  }
  return writer.finish();
}

}  // namespace ganymede
