// The fields of a JSON object that was read from a file, with errors that name the file and the field.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/json_file.hpp"

namespace ganymede {

// A view: the document must outlive it. Every getter throws DataError if the field is missing or of another
// type.
class JsonObject {
 public:
  // `place` is how the object is reached in the document: "" for its root, "shards[2]" below.
  JsonObject(const Json& value, std::filesystem::path file, std::string place = "");

  bool contains(std::string_view key) const { return value_.contains(key); }
  std::vector<std::string> keys() const;
  std::int64_t integer(std::string_view key, std::int64_t minimum = std::numeric_limits<std::int64_t>::min(),
                       std::int64_t maximum = std::numeric_limits<std::int64_t>::max()) const;
  double number(std::string_view key, double minimum = std::numeric_limits<double>::lowest()) const;
  bool boolean(std::string_view key) const;
  std::string text(std::string_view key) const;
  std::vector<std::string> text_list(std::string_view key) const;
  // A list of that many integers; of any number of them without `count`.
  std::vector<std::int64_t> integers(std::string_view key, std::optional<std::size_t> count = {}) const;
  // A text that is one of those.
  std::string one_of(std::string_view key, const std::vector<std::string_view>& texts) const;
  // [[x, y], ...], at least one.
  std::vector<std::array<double, 2>> number_pairs(std::string_view key) const;
  JsonObject object(std::string_view key) const;
  std::vector<JsonObject> objects(std::string_view key) const;
  // Throws the error of a field whose value its reader cannot use.
  [[noreturn]] void refuse(std::string_view key, std::string_view expected) const;

 private:
  const Json& field(std::string_view key, std::string_view expected, bool (*matches)(const Json&)) const;
  std::string place_of(std::string_view key) const;
  [[noreturn]] void fail(std::string_view place, const Json& found, std::string_view expected) const;

  const Json& value_;
  std::filesystem::path file_;
  std::string place_;
};

}  // namespace ganymede
