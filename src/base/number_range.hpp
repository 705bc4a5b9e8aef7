// What a number may be, and the words for it in an error. Recipes and options of the command line share it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ganymede {

struct Range {
  double low, high;
  bool low_open = false, high_open = false;
  const char* expected;
  bool says_high = true;  // whether `expected` names the upper bound

  bool contains(double x) const {
    return (low_open ? x > low : x >= low) && (high_open ? x < high : x <= high);
  }
};

// The number that the whole text is, if it is one in the range. Decimal only.
std::optional<std::int64_t> integer_in(const Range& range, const std::string& text);
std::optional<double> number_in(const Range& range, const std::string& text);

// What an error about this text says was expected; names the upper bound where that is what the text breaks.
std::string expected_of(const Range& range, const std::string& text);

}  // namespace ganymede
