#include "base/spread.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {

Spread spread_of(std::vector<double> values) {
  ensure(!values.empty(), "a spread has values");
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return {.median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2,
          .min = values.front(),
          .max = values.back()};
}

}  // namespace ganymede
