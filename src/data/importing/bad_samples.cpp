#include "data/importing/bad_samples.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kMostShown = 10;

}  // namespace

std::string describe_bad(const std::vector<BadSample>& bad, std::size_t of, const std::string& what) {
  std::vector<std::string> reasons;
  for (const BadSample& one : bad)
    if (reasons.empty() || reasons.back() != one.reason) reasons.push_back(one.reason);
  std::string text = fmt::format("{} of {} {}", bad.size(), of, what);
  for (std::size_t i = 0; i < std::min(reasons.size(), kMostShown); ++i) text += "; " + reasons[i];
  return reasons.size() > kMostShown ? fmt::format("{}; and {} more", text, reasons.size() - kMostShown)
                                     : text;
}

std::vector<bool> kept_places(const std::vector<BadSample>& bad, std::size_t of) {
  std::vector<bool> kept(of, true);
  for (const BadSample& one : bad) kept[one.place] = false;
  return kept;
}

}  // namespace ganymede
