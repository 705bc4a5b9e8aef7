// What the cycle procedure draws, and for whom: its part of a StreamId.
#pragma once

#include <cstdint>

#include "procedures/cycle/domains.hpp"

namespace ganymede {

// Beside Purpose, whose numbers are others.
enum class CyclePurpose : std::uint8_t { history = 3 };

// Each network starts from numbers of its own, and drops out by numbers of its own.
enum class CycleNetworkId : std::uint8_t {
  generator_a_to_b = 1,
  generator_b_to_a = 2,
  discriminator_a = 3,
  discriminator_b = 4,
};

inline constexpr OfDomains<CycleNetworkId> kGeneratorIds{CycleNetworkId::generator_a_to_b,
                                                         CycleNetworkId::generator_b_to_a};
inline constexpr OfDomains<CycleNetworkId> kDiscriminatorIds{CycleNetworkId::discriminator_a,
                                                             CycleNetworkId::discriminator_b};

// Which images pass through a generator.
enum class CyclePass : std::uint8_t {
  there = 1,     // of the domain that it translates from
  identity = 2,  // of the domain that it translates to
  back = 3,      // what the other generator has made
};

}  // namespace ganymede
