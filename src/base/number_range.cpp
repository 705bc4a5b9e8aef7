#include "base/number_range.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace ganymede {
namespace {

// Out of the type's range counts as infinite.
template <typename Number>
std::optional<double> parse(const std::string& text, Number& number) {
  const char* const text_end = text.data() + text.size();
  const auto [end, status] = std::from_chars(text.data(), text_end, number);
  if (end != text_end || status == std::errc::invalid_argument) return std::nullopt;
  if (status == std::errc()) return static_cast<double>(number);
  const double infinity = std::numeric_limits<double>::infinity();
  return text.starts_with('-') ? -infinity : infinity;
}

template <typename Number>
std::optional<Number> parse_in(const Range& range, const std::string& text) {
  Number number{};
  const std::optional<double> parsed = parse(text, number);
  return parsed && std::isfinite(*parsed) && range.contains(*parsed) ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::int64_t> integer_in(const Range& range, const std::string& text) {
  return parse_in<std::int64_t>(range, text);
}

std::optional<double> number_in(const Range& range, const std::string& text) {
  return parse_in<double>(range, text);
}

std::string expected_of(const Range& range, const std::string& text) {
  double number{};
  const std::optional<double> parsed = parse(text, number);
  if (range.says_high || !parsed || !(*parsed > range.high)) return range.expected;
  return fmt::format("{} of at most {}", range.expected, range.high);
}

}  // namespace ganymede
