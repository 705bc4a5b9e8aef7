// The names of what a run leaves of a step: "step_00000012", of 8 digits or more.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace ganymede {

inline std::string name_of_step(std::int64_t step) {
  return fmt::format("step_{:08}", step);
}

// The step of a name that name_of_step gives; "step_best" and "step_7" are not of them.
inline std::optional<std::int64_t> step_of_name(std::string_view name) {
  constexpr std::string_view kPrefix = "step_";
  std::int64_t step = 0;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  const char* end = name.data() + name.size();
  const auto [rest, code] = std::from_chars(name.data() + kPrefix.size(), end, step);
  if (code != std::errc{} || rest != end || name != name_of_step(step)) return std::nullopt;
  return step;
}

}  // namespace ganymede
