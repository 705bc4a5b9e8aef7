#include "data/format/class_names.hpp"

#include <algorithm>

#include "base/logging.hpp"
#include "base/number_range.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kMostNamesShown = 10;

std::vector<std::string> numbers(std::int64_t first, std::int64_t end) {
  std::vector<std::string> names;
  for (std::int64_t number = first; number < end; ++number) names.push_back(std::to_string(number));
  return names;
}

void warn_of_empty_classes(const std::filesystem::path& file, const std::vector<std::int64_t>& samples,
                           const LabelledClasses& classes) {
  std::vector<std::string> empty;
  for (std::size_t i = 0; i < classes.names.size(); ++i) {
    const std::size_t label = i + static_cast<std::size_t>(classes.first);
    if (label >= samples.size() || samples[label] == 0) empty.push_back(classes.names[i]);
  }
  if (!empty.empty())
    spdlog::warn("{}: {} of {} classes have no samples: {}", file.string(), empty.size(),
                 classes.names.size(), list_some(empty, kMostNamesShown));
}

}  // namespace

std::vector<std::string> numbered_classes(std::int64_t count) {
  return numbers(0, count);
}

std::optional<std::int64_t> find_class(const std::vector<std::string>& names, const std::string& word) {
  const auto named = std::find(names.begin(), names.end(), word);
  if (named != names.end()) return named - names.begin();
  return integer_in({.low = 0, .high = static_cast<double>(names.size()), .high_open = true, .expected = ""},
                    word);
}

std::string list_some(const std::vector<std::string>& names, std::size_t most) {
  const std::size_t shown = std::min(names.size(), most);
  return fmt::format("{}{}",
                     fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                     shown < names.size() ? ", ..." : "");
}

std::optional<std::int64_t> label_without_name(const std::vector<std::int64_t>& samples, std::int64_t names) {
  const auto end = static_cast<std::int64_t>(samples.size());
  const bool from_one = end > 0 && samples[0] == 0;
  if (names == 0 || end <= names + (from_one ? 1 : 0)) return std::nullopt;
  return end - 1;
}

LabelledClasses classes_of_labels(const std::filesystem::path& file, const std::vector<std::int64_t>& samples,
                                  const std::vector<std::string>& given) {
  const auto end = static_cast<std::int64_t>(samples.size());
  const std::int64_t smallest =
      std::find_if(samples.begin(), samples.end(), [](std::int64_t count) { return count > 0; }) -
      samples.begin();
  LabelledClasses classes{.names = given};
  if (given.empty()) {
    classes.first = smallest;
    classes.names = numbers(smallest, end);
  } else if (smallest >= 1 && end == static_cast<std::int64_t>(given.size()) + 1) {
    classes.first = 1;
  }
  if (classes.first > 0)
    spdlog::info("{}: the labels are {} to {}: label {} is class 0, '{}'", file.string(), smallest, end - 1,
                 classes.first, classes.names.front());
  warn_of_empty_classes(file, samples, classes);
  if (classes.names.size() == 1)
    spdlog::warn("{}: all labels are {}: are they read from the right place?", file.string(), smallest);
  return classes;
}

}  // namespace ganymede
