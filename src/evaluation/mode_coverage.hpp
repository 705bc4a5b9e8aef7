// Counts the modes of a known law that generated points reach. The protocol of VEEGAN (Srivastava et al.
// 2017, section 4.1) and PacGAN (Lin et al. 2018, section 4.1).
#pragma once

#include <ATen/core/Tensor.h>

#include "data/format/mode_law.hpp"

namespace ganymede {

// A point belongs to the mode of the nearest center; it is of high quality within 3 standard deviations of
// it.
struct ModeCoverage {
  std::int64_t modes = 0;
  std::int64_t covered = 0;       // modes with at least one point of high quality
  double high_quality_share = 0;  // of the points
  double reverse_kl = 0;          // nats, of the points' modes from the law's equal parts
};

// int64 [n]: the mode of each point. points [n, 2].
at::Tensor nearest_modes(const at::Tensor& points, const ModeLaw& law);

// Of points that come in pieces.
class ModeCounts {
 public:
  explicit ModeCounts(const ModeLaw& law);

  // points [n, 2].
  void add(const at::Tensor& points);
  ModeCoverage coverage() const;

 private:
  const ModeLaw law_;
  at::Tensor all_, good_;  // int64 [modes]: points, and those of high quality
};

// Kullback-Leibler divergence in nats of the shares of counts, int64 [n], from the given shares [n], which
// are positive where the count is.
double reverse_kl(const at::Tensor& counts, const at::Tensor& shares);

}  // namespace ganymede
