// How steps differ once training has gone back to an earlier one.
#pragma once

#include <cstdint>

namespace ganymede {

struct Attempt {
  std::int64_t rollbacks = 0;  // before it
  double rate_factor = 1;      // of every learning rate

  // Of what its steps draw, where the first attempt draws from `seed`: an odd constant apart, so that no two
  // attempts have the same one.
  std::uint64_t seed_of_steps(std::uint64_t seed) const {
    return seed + static_cast<std::uint64_t>(rollbacks) * 0x9E3779B97F4A7C15U;
  }
};

}  // namespace ganymede
