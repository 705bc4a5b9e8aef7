// Captions: sentences as a field of tokens beside the samples. Token 0, whose name is empty, is no word: it
// stands behind the last word of captions that are shorter than the longest.
#pragma once

#include <unordered_map>

#include "data/samples/field.hpp"

namespace ganymede {

inline constexpr std::int64_t kNoWord = 0;

// The words of a sentence in UTF-8: letters and digits, and hyphens and apostrophes between two of them.
// Large letters of ASCII become small, a typographic apostrophe a plain one, and all other characters of
// ASCII stand between words.
std::vector<std::string> words_of_caption(std::string_view caption);

// Of captions of up to so many words; word i of `words` is token i + 1.
Field caption_field(std::int64_t longest, const std::vector<std::string>& words);

// Where the captions of such a dataset stand; nothing if it has none.
std::optional<std::size_t> find_captions(const DataSpec& spec);

// Between captions as people write them and as a field holds them.
class CaptionCoder {
 public:
  // Without words until another is put in its place.
  CaptionCoder() = default;
  explicit CaptionCoder(const Field& field);

  std::int64_t longest() const { return longest_; }
  // Those of the words that are not in the vocabulary, each once.
  std::vector<std::string> unknown(const std::vector<std::string>& words) const;
  // int64 [longest] of known words; those beyond the longest are left out.
  at::Tensor encode(const std::vector<std::string>& words) const;
  // Of a sentence that a user gives. Throws UserError if it has no words, more than the longest caption, or
  // unknown ones: with all of these and what may be meant.
  at::Tensor encode_asked(const std::string& caption) const;
  // int64 [longest] to words with spaces between.
  std::string decode(const at::Tensor& tokens) const;

 private:
  std::int64_t longest_ = 0;
  std::vector<std::string> names_;  // [token]
  std::unordered_map<std::string, std::int64_t> token_of_;
};

}  // namespace ganymede
