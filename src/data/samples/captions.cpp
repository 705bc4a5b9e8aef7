#include "data/samples/captions.hpp"

#include <ATen/ops/zeros.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/lower_case.hpp"
#include "base/nearest_word.hpp"

namespace ganymede {
namespace {

constexpr std::string_view kTypographicApostrophe = "\xE2\x80\x99";

bool is_of_word(char c) {
  return static_cast<unsigned char>(c) >= 0x80 || std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool joins_words(char c) {
  return c == '-' || c == '\'';
}

}  // namespace

std::vector<std::string> words_of_caption(std::string_view caption) {
  std::string text = lower_case(std::string(caption));
  for (std::size_t at = 0; (at = text.find(kTypographicApostrophe, at)) != std::string::npos;)
    text.replace(at, kTypographicApostrophe.size(), 1, '\'');
  std::vector<std::string> words;
  bool within = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool joined = within && joins_words(text[i]) && i + 1 < text.size() && is_of_word(text[i + 1]);
    const bool belongs = is_of_word(text[i]) || joined;
    if (belongs && !within) words.emplace_back();
    if (belongs) words.back() += text[i];
    within = belongs;
  }
  return words;
}

Field caption_field(std::int64_t longest, const std::vector<std::string>& words) {
  std::vector<std::string> names{""};
  names.insert(names.end(), words.begin(), words.end());
  return {.name = "captions",
          .meaning = Meaning::tokens,
          .shape = {longest},
          .values = static_cast<std::int64_t>(names.size()),
          .names = std::move(names)};
}

std::optional<std::size_t> find_captions(const DataSpec& spec) {
  for (std::size_t i = 1; i < spec.fields.size(); ++i) {
    const Field& field = spec.fields[i];
    if (field.meaning == Meaning::tokens && !field.names.empty() && field.names.front().empty()) return i;
  }
  return std::nullopt;
}

CaptionCoder::CaptionCoder(const Field& field) : longest_(field.elements()), names_(field.names) {
  for (std::size_t token = 1; token < names_.size(); ++token)
    token_of_.emplace(names_[token], static_cast<std::int64_t>(token));
}

std::vector<std::string> CaptionCoder::unknown(const std::vector<std::string>& words) const {
  std::vector<std::string> found;
  for (const std::string& word : words)
    if (!token_of_.contains(word) && std::find(found.begin(), found.end(), word) == found.end())
      found.push_back(word);
  return found;
}

at::Tensor CaptionCoder::encode(const std::vector<std::string>& words) const {
  at::Tensor tokens = at::zeros({longest_}, at::kLong);
  const std::size_t count = std::min(words.size(), static_cast<std::size_t>(longest_));
  for (std::size_t i = 0; i < count; ++i) tokens.mutable_data_ptr<std::int64_t>()[i] = token_of_.at(words[i]);
  return tokens;
}

at::Tensor CaptionCoder::encode_asked(const std::string& caption) const {
  const std::vector<std::string> words = words_of_caption(caption);
  require(!words.empty(), "the text '{}' has no words; expected some", caption);
  const std::vector<std::string> known(names_.begin() + 1, names_.end());
  std::vector<std::string> complaints;
  for (const std::string& word : unknown(words)) {
    const std::string nearest = nearest_word(word, known);
    complaints.push_back(nearest.empty() ? fmt::format("'{}'", word)
                                         : fmt::format("'{}' (did you mean '{}'?)", word, nearest));
  }
  require(complaints.empty(), "the text '{}' has words that the captions of the training data lack: {}",
          caption, fmt::join(complaints, ", "));
  require(words.size() <= static_cast<std::size_t>(longest_),
          "the text '{}' has {} words; expected at most {}, as the longest caption of the training data has",
          caption, words.size(), longest_);
  return encode(words);
}

std::string CaptionCoder::decode(const at::Tensor& tokens) const {
  std::vector<std::string> words;
  const auto token = tokens.accessor<std::int64_t, 1>();
  for (std::int64_t i = 0; i < tokens.size(0); ++i)
    if (token[i] != kNoWord) words.push_back(names_[static_cast<std::size_t>(token[i])]);
  return fmt::format("{}", fmt::join(words, " "));
}

}  // namespace ganymede
