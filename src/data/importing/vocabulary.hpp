// The words, or characters, of texts, and the numbers that stand for them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ganymede {

class Vocabulary {
 public:
  // [token]; no name twice.
  explicit Vocabulary(std::vector<std::string> names);
  // Of how often each stands in a text: the most frequent first, equal ones in the order of their bytes.
  static Vocabulary of_counts(const std::map<std::string, std::int64_t>& counts);
  // Another dataset's, so that both mean the same by a token. Throws UserError if its tokens have no names.
  static Vocabulary of_dataset(const std::filesystem::path& folder);

  const std::vector<std::string>& names() const { return names_; }
  std::int64_t size() const { return static_cast<std::int64_t>(names_.size()); }
  std::optional<std::int32_t> find(const std::string& name) const;

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::int32_t> token_of_;
};

}  // namespace ganymede
