// N ranks as threads of one process: for unit tests, and for a debugger.
#pragma once

#include <functional>

#include "distributed/communicator.hpp"

namespace ganymede {

// Runs body once a rank, each in its own thread, with a communicator that joins them. When a rank throws,
// the others' collectives throw too, and the first error is rethrown here.
void run_loopback_ranks(int size, const std::function<void(Communicator&)>& body);

}  // namespace ganymede
