// Gradients that travel as factors. That of a matrix is a product, left [rows, out] transposed x right [rows,
// in]: where the rows of all ranks together are smaller than the matrix, ranks send each other their rows,
// and each makes the sum itself, as the product of all of them (sufficient factors: Xie et al. 2015,
// "Distributed machine learning via sufficient factor broadcasting"). It has the bits
// that the sum of products would have but for rounding, and the same on every rank where ranks multiply
// alike, which the first one shows.
#pragma once

#include <string>
#include <vector>

#include "optimization/parameter_arena.hpp"

namespace ganymede {

class FactoredSums {
 public:
  // The arena's exchange gathers factors; the arena outlives this. Backward passes hold factors back from now
  // on. network: its name, for the log.
  FactoredSums(ParameterArena& arena, std::string network);
  ~FactoredSums() { hold_factors_of(0); }
  FactoredSums(const FactoredSums&) = delete;
  FactoredSums& operator=(const FactoredSums&) = delete;

  // Where backward held factors of this slot back, has them gathered (GradientExchange::start_gather).
  // Collective.
  void start(std::size_t slot);
  // After finish_sums: makes the sums of them. Collective at the first call.
  void finish();

 private:
  void hold_factors_of(int ranks);
  bool are_equal_on_all_ranks(const std::vector<std::size_t>& slots) const;

  ParameterArena& arena_;
  const std::string network_;
  std::vector<GradientFactors> gathered_;  // [slot]: [ranks, rows, out] and [ranks, rows, in]
  bool compared_ = false;
};

}  // namespace ganymede
