// The names of a dataset's classes, and what the labels of a file that is imported mean.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ganymede {

// "0", "1", ...
std::vector<std::string> numbered_classes(std::int64_t count);

// The class that a user's word means: the one of that name, else the one of that number.
std::optional<std::int64_t> find_class(const std::vector<std::string>& names, const std::string& word);

// The first of them with commas between, and "..." if there are more.
std::string list_some(const std::vector<std::string>& names, std::size_t most);

struct LabelledClasses {
  std::int64_t first = 0;          // the label of class 0; the others follow
  std::vector<std::string> names;  // [class]
};

// samples[label] of the file's samples have that label; `given` are the user's names, or none. Where label 0
// is missing, class 0 is the smallest label, or label 1 if there are as many names. Says so, and which
// classes have no samples. Each label must have a name.
LabelledClasses classes_of_labels(const std::filesystem::path& file, const std::vector<std::int64_t>& samples,
                                  const std::vector<std::string>& given);

// A label beyond the user's names, if there are names and such a label: the caller knows where it stands.
std::optional<std::int64_t> label_without_name(const std::vector<std::int64_t>& samples, std::int64_t names);

}  // namespace ganymede
