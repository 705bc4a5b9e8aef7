// Ranks that compute longer than the others, for which all wait: a busy or throttled host, fewer cores.
#pragma once

#include <string>
#include <vector>

namespace ganymede {

struct SlowRank {
  int rank = 0;
  double seconds = 0, median_of_others = 0;
};

// The ranks that took over twice the median of the others. Seconds of computing: [rank].
std::vector<SlowRank> find_slow_ranks(const std::vector<double>& compute_seconds);

class SlowRanks {
 public:
  // Adds what all ranks have computed since the last call; the result has each slow rank once. Judges when a
  // rank has computed for so long that a moment's hindrance does not count.
  std::vector<SlowRank> note(const std::vector<double>& compute_seconds);
  static constexpr double kJudgedSeconds = 10;

 private:
  std::vector<double> sums_;  // [rank], since it last judged
  std::vector<int> named_;
};

}  // namespace ganymede
