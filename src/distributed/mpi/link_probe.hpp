// What messages between two ranks take, and how far their clocks are apart.
#pragma once

#include <optional>

#include "distributed/communicator.hpp"

namespace ganymede {

struct Link {
  double latency_seconds = 0;   // of a short message, one way; the best of several
  double bytes_per_second = 0;  // of a long one
  double clock_ahead = 0;  // seconds by which the clock of the pair's second rank is ahead of the first's
};

// Two ranks that give the same pair exchange messages, all pairs at the same time; the first of them learns
// how it went. Ranks that give none wait. Collective over MPI_COMM_WORLD, whose ranks the communicator has.
std::optional<Link> probe_link(std::optional<int> pair, const Communicator& communicator);

}  // namespace ganymede
