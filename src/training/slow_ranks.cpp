#include "training/slow_ranks.hpp"

#include <algorithm>
#include <functional>

#include "base/spread.hpp"

namespace ganymede {

std::vector<SlowRank> find_slow_ranks(const std::vector<double>& compute_seconds) {
  constexpr double kFactor = 2;
  std::vector<SlowRank> slow;
  if (compute_seconds.size() < 2) return slow;
  for (std::size_t rank = 0; rank < compute_seconds.size(); ++rank) {
    std::vector<double> others = compute_seconds;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(rank));
    const double median = spread_of(others).median;
    if (compute_seconds[rank] > kFactor * median)
      slow.push_back(
          {.rank = static_cast<int>(rank), .seconds = compute_seconds[rank], .median_of_others = median});
  }
  return slow;
}

std::vector<SlowRank> SlowRanks::note(const std::vector<double>& compute_seconds) {
  sums_.resize(compute_seconds.size());
  std::transform(sums_.begin(), sums_.end(), compute_seconds.begin(), sums_.begin(), std::plus<>());
  if (*std::max_element(sums_.begin(), sums_.end()) < kJudgedSeconds) return {};
  std::vector<SlowRank> slow = find_slow_ranks(sums_);
  sums_.clear();
  std::erase_if(slow, [&](const SlowRank& found) {
    return std::find(named_.begin(), named_.end(), found.rank) != named_.end();
  });
  for (const SlowRank& found : slow) named_.push_back(found.rank);
  return slow;
}

}  // namespace ganymede
