// How much measurements of the same kind differ.
#pragma once

#include <vector>

namespace ganymede {

struct Spread {
  double median = 0, min = 0, max = 0;
};

// Of at least one value. The median of an even number is the mean of the two in the middle.
Spread spread_of(std::vector<double> values);

}  // namespace ganymede
