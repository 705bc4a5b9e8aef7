#include "base/natural_order.hpp"

namespace ganymede {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits at the front without leading zeros; they and the zeros are removed.
std::string_view take_number(std::string_view& text) {
  while (!text.empty() && text.front() == '0') text.remove_prefix(1);
  std::size_t size = 0;
  while (size < text.size() && is_digit(text[size])) ++size;
  const std::string_view digits = text.substr(0, size);
  text.remove_prefix(size);
  return digits;
}

}  // namespace

bool naturally_before(std::string_view a, std::string_view b) {
  std::string_view left = a, right = b;
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      const std::string_view number = take_number(left), other = take_number(right);
      if (number.size() != other.size()) return number.size() < other.size();
      if (number != other) return number < other;
      continue;
    }
    if (left.front() != right.front()) return left.substr(0, 1) < right.substr(0, 1);
    left.remove_prefix(1);
    right.remove_prefix(1);
  }
  if (left.empty() != right.empty()) return left.empty();
  return a < b;
}

}  // namespace ganymede
