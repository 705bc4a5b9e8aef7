// When a matrix's gradient travels as its factors (FactoredSums), by size alone.
#pragma once

namespace ganymede {

// Whether the factors of so many ranks, each of `factor_bytes`, take no more memory than the gradient.
constexpr bool factors_are_smaller(double ranks, double factor_bytes, double gradient_bytes) {
  return ranks * factor_bytes <= gradient_bytes;
}

}  // namespace ganymede
