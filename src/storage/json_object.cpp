#include "storage/json_object.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kMostShownCharacters = 60;

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  if (text.size() > kMostShownCharacters) text = text.substr(0, kMostShownCharacters) + "...";
  return text;
}

bool is_integer(const Json& value) {
  return value.is_number_integer();
}
bool is_number(const Json& value) {
  return value.is_number();
}
bool is_boolean(const Json& value) {
  return value.is_boolean();
}
bool is_text(const Json& value) {
  return value.is_string();
}
bool is_array(const Json& value) {
  return value.is_array();
}
bool is_object(const Json& value) {
  return value.is_object();
}

}  // namespace

JsonObject::JsonObject(const Json& value, std::filesystem::path file, std::string place)
    : value_(value), file_(std::move(file)), place_(std::move(place)) {
  if (!value.is_object()) fail(place_.empty() ? "the document" : place_, value, "an object");
}

std::int64_t JsonObject::integer(std::string_view key, std::int64_t minimum, std::int64_t maximum) const {
  const Json& value = field(key, "an integer", is_integer);
  const auto number = value.get<std::int64_t>();
  if (number < minimum) fail(place_of(key), value, fmt::format("an integer of at least {}", minimum));
  if (number > maximum) fail(place_of(key), value, fmt::format("an integer of at most {}", maximum));
  return number;
}

double JsonObject::number(std::string_view key, double minimum) const {
  const Json& value = field(key, "a number", is_number);
  if (value.get<double>() < minimum)
    fail(place_of(key), value, fmt::format("a number of at least {}", minimum));
  return value.get<double>();
}

bool JsonObject::boolean(std::string_view key) const {
  return field(key, "true or false", is_boolean).get<bool>();
}

std::string JsonObject::text(std::string_view key) const {
  return field(key, "a text", is_text).get<std::string>();
}

std::vector<std::string> JsonObject::text_list(std::string_view key) const {
  std::vector<std::string> texts;
  for (const Json& element : field(key, "a list of texts", is_array)) {
    if (!element.is_string()) fail(fmt::format("{}[{}]", place_of(key), texts.size()), element, "a text");
    texts.push_back(element.get<std::string>());
  }
  return texts;
}

std::vector<std::int64_t> JsonObject::integers(std::string_view key, std::optional<std::size_t> count) const {
  const std::string expected = count ? fmt::format("a list of {} integers", *count) : "a list of integers";
  const Json& list = field(key, expected, is_array);
  if (count && list.size() != *count) fail(place_of(key), list, expected);
  std::vector<std::int64_t> integers;
  for (const Json& element : list) {
    if (!is_integer(element))
      fail(fmt::format("{}[{}]", place_of(key), integers.size()), element, "an integer");
    integers.push_back(element.get<std::int64_t>());
  }
  return integers;
}

std::string JsonObject::one_of(std::string_view key, const std::vector<std::string_view>& texts) const {
  const std::string expected = fmt::format("{}", fmt::join(texts, " or "));
  const Json& value = field(key, expected, is_text);
  const auto text = value.get<std::string>();
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) fail(place_of(key), value, expected);
  return text;
}

std::vector<std::array<double, 2>> JsonObject::number_pairs(std::string_view key) const {
  constexpr std::string_view kExpected = "a list of pairs of numbers, as in [[0, 1]]";
  const Json& list = field(key, kExpected, is_array);
  if (list.empty()) fail(place_of(key), list, kExpected);
  std::vector<std::array<double, 2>> pairs;
  for (const Json& element : list) {
    if (!element.is_array() || element.size() != 2 || !element[0].is_number() || !element[1].is_number())
      fail(fmt::format("{}[{}]", place_of(key), pairs.size()), element, "a pair of numbers");
    pairs.push_back({element[0].get<double>(), element[1].get<double>()});
  }
  return pairs;
}

std::vector<std::string> JsonObject::keys() const {
  std::vector<std::string> keys;
  for (const auto& [key, value] : value_.items()) keys.push_back(key);
  return keys;
}

JsonObject JsonObject::object(std::string_view key) const {
  return {field(key, "an object", is_object), file_, place_of(key)};
}

std::vector<JsonObject> JsonObject::objects(std::string_view key) const {
  std::vector<JsonObject> objects;
  for (const Json& element : field(key, "a list of objects", is_array))
    objects.emplace_back(element, file_, fmt::format("{}[{}]", place_of(key), objects.size()));
  return objects;
}

void JsonObject::refuse(std::string_view key, std::string_view expected) const {
  fail(place_of(key), value_.at(key), expected);
}

const Json& JsonObject::field(std::string_view key, std::string_view expected,
                              bool (*matches)(const Json&)) const {
  const auto found = value_.find(key);
  if (found == value_.end())
    throw DataError(fmt::format("{}: {} is missing; expected {}", file_.string(), place_of(key), expected));
  if (!matches(*found)) fail(place_of(key), *found, expected);
  return *found;
}

std::string JsonObject::place_of(std::string_view key) const {
  return place_.empty() ? std::string(key) : fmt::format("{}.{}", place_, key);
}

void JsonObject::fail(std::string_view place, const Json& found, std::string_view expected) const {
  throw DataError(fmt::format("{}: {} is {}; expected {}", file_.string(), place, shown(found), expected));
}

}  // namespace ganymede
