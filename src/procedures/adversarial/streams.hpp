// What the adversarial procedure draws, and for whom: its part of a StreamId.
#pragma once

#include <cstdint>

namespace ganymede {

// Beside Purpose, whose numbers are others.
enum class AdversarialPurpose : std::uint8_t { noise = 3, sample = 5, label = 8, interpolate = 9 };

// 3 is the classifier of `evaluate`.
enum class NetworkId : std::uint8_t { generator = 1, discriminator = 2, encoder = 4 };

// Which batch is passing through a network.
enum class Pass : std::uint8_t {
  real = 1,
  fake = 2,
  judged = 3,      // the fake batch again, in the generator's own step
  penalty = 4,     // the points at which a penalty takes the gradient
  matched = 5,     // the real batch again, whose features the generator's step matches
  mismatched = 6,  // the real batch again, with captions of others
};

}  // namespace ganymede
