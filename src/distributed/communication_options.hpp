// How ranks talk to each other. None of it changes what is computed, beyond the order of sums.
#pragma once

#include <cstdint>
#include <optional>

namespace ganymede {

enum class NodeSharing {
  automatic,  // ranks of a host work on each other's memory where the host lets them
  off,        // every rank keeps its memory to itself
};

enum class Overlap {
  automatic,  // gradients travel while backward runs where ranks are on several hosts
  on,         // also where they are on one
  off,
};

enum class Factors {
  automatic,  // gradients travel as the factors that they are products of where these are smaller and each of
              // several hosts has one rank
  on,         // also where ranks of one host share no memory
  off,
};

struct CommunicationOptions {
  NodeSharing node_sharing = NodeSharing::automatic;
  Overlap overlap = Overlap::automatic;
  Factors factors = Factors::automatic;
  std::optional<std::int64_t> bucket_bytes = {};  // measured at the start where it is not given
  double deadline_seconds = 600;                  // that a rank waits for others, until the job is ended
};

}  // namespace ganymede
