#include "data/importing/text_importer.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <map>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/utf8.hpp"
#include "data/format/dataset_writer.hpp"
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

 private:
  std::string found(const std::vector<std::string>& units) const {
    return fmt::format("{} {}", units.size(), options_.unit == TextUnit::words ? "words" : "characters");
  }
  [[noreturn]] void refuse(const std::string& what) const {
    throw DataError(fmt::format("{}:{}: {}", options_.file.string(), lines_.number(), what));
  }

  const TextImportOptions& options_;
  TextLines lines_;
  std::size_t length_ = 0;
  std::int64_t empty_ = 0;
};

struct TextSurvey {
  std::int64_t samples = 0, length = 0;
  std::vector<std::string> vocabulary;  // the most frequent first
};

TextSurvey survey_text(const TextImportOptions& options) {
  TextSurvey survey;
  std::map<std::string, std::int64_t> counts;
  std::vector<std::string> units;
  Sequences sequences(options);
  for (; sequences.next(units); ++survey.samples) {
    survey.length = static_cast<std::int64_t>(units.size());
    for (const std::string& unit : units) ++counts[unit];
  }
  if (survey.samples == 0)
    throw DataError(fmt::format("{}: no line has a sequence; expected one a line", options.file.string()));
  if (sequences.empty_lines() > 0)
    spdlog::warn("{}: {} empty lines are left out", options.file.string(), sequences.empty_lines());
  for (const auto& [unit, _] : counts) survey.vocabulary.push_back(unit);
  std::stable_sort(survey.vocabulary.begin(), survey.vocabulary.end(),
                   [&](const auto& a, const auto& b) { return counts.at(a) > counts.at(b); });
  return survey;
}

}  // namespace

DatasetIndex import_text(const TextImportOptions& options) {
  const auto [samples, length, vocabulary] = survey_text(options);
  std::map<std::string, std::int32_t> token_of;
  for (const std::string& unit : vocabulary)
    token_of.emplace(unit, static_cast<std::int32_t>(token_of.size()));
  DatasetWriter writer(
      {.folder = options.out,
       .samples = samples,
       .spec = sequence_spec(length, static_cast<std::int64_t>(vocabulary.size()), vocabulary),
       .shards = options.shards});
  Sequences sequences(options);
  std::vector<std::string> units;
  while (sequences.next(units)) {
    const at::Tensor tokens = at::empty({1, length}, at::kInt);
    for (std::int64_t i = 0; i < length; ++i) {
      const auto token = token_of.find(units[static_cast<std::size_t>(i)]);
      if (token == token_of.end())
        throw DataError(
            fmt::format("{}: it changed while it was read; import it again", options.file.string()));
      tokens.mutable_data_ptr<std::int32_t>()[i] = token->second;
    }
    writer.append({tokens});
  }
  return writer.finish();
}

}  // namespace ganymede
