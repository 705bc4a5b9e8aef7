// Whether all ranks hold the same state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "distributed/communicator.hpp"

namespace ganymede {

// Throws AgreedError unless the checksums of all ranks' states after `step` are equal. It names the ranks,
// with their hosts, that differ from what most ranks hold; all of them where there is no such majority.
// Collective.
void require_equal_replicas(std::uint32_t checksum, std::int64_t step, Communicator& communicator);

}  // namespace ganymede
