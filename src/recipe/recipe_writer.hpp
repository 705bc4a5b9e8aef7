// Writes option structs as a recipe: the counterpart of RecipeReader.
#pragma once

#include <yaml-cpp/yaml.h>

#include <array>
#include <optional>

#include "recipe/recipe_reader.hpp"

namespace ganymede {

class RecipeWriter {
 public:
  RecipeWriter() { emitter_ << YAML::BeginMap; }
  std::string finish() {
    emitter_ << YAML::EndMap;
    return std::string(emitter_.c_str()) + "\n";
  }

  void required(const char*) {}

  void value(const char* key, const std::string& text) {
    emitter_ << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << text;
  }
  void value(const char* key, bool flag) { emit(key, flag ? "true" : "false"); }
  void value(const char* key, std::int64_t number, const Range&) { emit(key, fmt::format("{}", number)); }
  void value(const char* key, double number, const Range&) { emit(key, fmt::format("{}", number)); }
  void value(const char* key, const std::vector<std::int64_t>& numbers, const Range&) {
    emitter_ << YAML::Key << key << YAML::Value << YAML::Flow << numbers;
  }
  void value(const char* key, const std::vector<std::string>& texts) {
    if (texts.size() == 1) return value(key, texts.front());
    emitter_ << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const std::string& text : texts) emitter_ << YAML::DoubleQuoted << text;
    emitter_ << YAML::EndSeq;
  }
  void value(const char* key, const std::array<double, 2>& numbers) {
    emitter_ << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq
             << fmt::format("{}", numbers[0]) << fmt::format("{}", numbers[1]) << YAML::EndSeq;
  }
  template <typename Number>
  void value(const char* key, const std::optional<Number>& number, const Range& range, const char* = "none") {
    if (number) value(key, *number, range);
  }

  template <typename Options, typename... Alternatives>
  void optional_choice(const char* key, std::optional<Options>& target, const Alternatives&... alternatives) {
    if (target) choice(key, *target, alternatives...);
  }
  template <typename Options>
  void optional_section(const char* key, std::optional<Options>& target) {
    if (target) section(key, [&](auto& inner) { visit_options(inner, *target); });
  }

  template <typename Body>
  void section(const char* key, Body body) {
    emitter_ << YAML::Key << key << YAML::Value << YAML::BeginMap;
    body(*this);
    emitter_ << YAML::EndMap;
  }

  template <typename... Options>
  void one_section(std::variant<Options...>& target, const Alternative<Options>&... alternatives) {
    const auto write = [&]<typename One>(const Alternative<One>& alternative) {
      if (One* options = std::get_if<One>(&target))
        section(alternative.name, [&](auto& inner) { visit_options(inner, *options); });
    };
    (write(alternatives), ...);
  }

  template <typename Enum, std::size_t N>
  void choice(const char* key, const Enum& target, const std::array<std::pair<const char*, Enum>, N>& names) {
    for (const auto& [name, value] : names)
      if (value == target) emit(key, name);
  }

  template <typename... Options>
  void choice(const char* key, std::variant<Options...>& target,
              const Alternative<Options>&... alternatives) {
    const auto write = [&]<typename One>(const Alternative<One>& alternative) {
      if (One* options = std::get_if<One>(&target))
        section(key, [&](RecipeWriter& writer) {
          writer.section(alternative.name, [&](RecipeWriter& inner) { visit_options(inner, *options); });
        });
    };
    (write(alternatives), ...);
  }

 private:
  void emit(const char* key, const std::string& plain) {
    emitter_ << YAML::Key << key << YAML::Value << plain;
  }

  YAML::Emitter emitter_;
};

}  // namespace ganymede
