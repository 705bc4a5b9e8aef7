#include "cli/command_line.hpp"

#include <algorithm>
#include <climits>
#include <filesystem>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr const char* kSet = "--set";

// KEY=VALUE with a key as recipes have them. What has a slash before the sign is a recipe's path.
bool is_assignment(const std::string& word) {
  const std::size_t equals = word.find('=');
  return equals != std::string::npos && equals > 0 &&
         std::all_of(word.begin(), word.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '.' || c == '_'; });
}

template <typename Number>
CLI::Option* expect(CLI::Option* option, const Range& range,
                    std::optional<Number> (*read)(const Range&, const std::string&)) {
  // Rewrites the word: CLI11 would take 010 for an octal number.
  return option->transform(CLI::Validator(
      [range, read](std::string& word) -> std::string {
        const std::optional<Number> number = read(range, word);
        if (!number) return fmt::format("{}; expected {}", word, expected_of(range, word));
        word = fmt::format("{}", *number);
        return "";
      },
      range.expected));
}

}  // namespace

std::vector<std::string> separate_overrides(int argc, const char* const* argv) {
  std::vector<std::string> words;
  bool after_override = false;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (after_override && is_assignment(word)) {
      words.insert(words.end(), {kSet, word});
    } else if (word == kSet && i + 1 < argc) {
      words.insert(words.end(), {kSet, argv[++i]});
      after_override = true;
    } else {
      words.push_back(word);
      after_override = word.starts_with("--set=");
    }
  }
  return words;
}

CLI::Option* add_set_option(CLI::App& command, std::vector<std::string>& overrides) {
  return command.add_option(kSet, overrides, "Override a key of the recipe: --set train.steps=100")
      ->take_all()
      ->allow_extra_args(false)
      ->type_name("KEY=VALUE");
}

CLI::Option* expect_integer(CLI::Option* option, const Range& range) {
  return expect<std::int64_t>(option, range, integer_in);
}

CLI::Option* expect_number(CLI::Option* option, const Range& range) {
  return expect<double>(option, range, number_in);
}

CLI::Option* expect_path(CLI::Option* option) {
  return option->check(CLI::Validator(
      [](const std::string& word) -> std::string {
        for (const std::filesystem::path& name : std::filesystem::path(word))
          if (name.string().size() > NAME_MAX)
            return fmt::format("a name of {} bytes in {}...; expected at most {}", name.string().size(),
                               word.substr(0, 20), NAME_MAX);
        return word.size() < PATH_MAX
                   ? ""
                   : fmt::format("{} bytes; expected at most {}", word.size(), PATH_MAX - 1);
      },
      ""));
}

}  // namespace ganymede
