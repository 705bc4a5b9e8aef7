// A job in one process, to step through.
#pragma once

#include <functional>

#include "distributed/communicator.hpp"

namespace ganymede {

// Runs body once a rank, each in a thread that has the rank's name and log, without MPI. Throws UserError
// where a launcher has started several processes.
void run_ranks_as_threads(int ranks, const std::function<void(Communicator&)>& body);

}  // namespace ganymede
