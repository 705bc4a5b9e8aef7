#include "data/importing/vocabulary.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "data/format/dataset_index.hpp"

namespace ganymede {

Vocabulary::Vocabulary(std::vector<std::string> names) : names_(std::move(names)) {
  for (const std::string& name : names_) token_of_.emplace(name, static_cast<std::int32_t>(token_of_.size()));
  ensure(token_of_.size() == names_.size(), "a vocabulary has each name once");
}

Vocabulary Vocabulary::of_counts(const std::map<std::string, std::int64_t>& counts) {
  std::vector<std::string> names;
  for (const auto& [name, _] : counts) names.push_back(name);
  std::stable_sort(names.begin(), names.end(),
                   [&](const auto& a, const auto& b) { return counts.at(a) > counts.at(b); });
  return Vocabulary(std::move(names));
}

Vocabulary Vocabulary::of_dataset(const std::filesystem::path& folder) {
  const DatasetIndex index = read_dataset_index(find_dataset(folder));
  const auto tokens = index.spec.find(Meaning::tokens);
  require(tokens && !index.spec.fields[*tokens].names.empty(),
          "{}: its samples have no words; expected a dataset of texts or captions", folder.string());
  return Vocabulary(index.spec.fields[*tokens].names);
}

std::optional<std::int32_t> Vocabulary::find(const std::string& name) const {
  const auto found = token_of_.find(name);
  return found == token_of_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace ganymede
