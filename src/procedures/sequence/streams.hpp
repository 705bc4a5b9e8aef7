// What the sequence procedure draws, and for whom: its part of a StreamId.
#pragma once

#include <cstdint>

namespace ganymede {

// Beside Purpose, whose numbers are others.
enum class SequencePurpose : std::uint8_t { tokens = 3, sample = 5, rollout = 8 };

enum class SequenceNetworkId : std::uint8_t { generator = 1, discriminator = 2, oracle = 3 };

// For which update of a step tokens are drawn, or which sequences pass through a network.
enum class SequencePass : std::uint8_t { discriminator = 1, generator = 2, real = 3, fake = 4 };

}  // namespace ganymede
