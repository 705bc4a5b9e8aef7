// The world of the MPI test program.
#pragma once

#include "distributed/communicator.hpp"

namespace ganymede {

// All ranks of this test run. Tests are collective: every rank runs every test in the same order.
Communicator& world();
// The same ranks without shared memory: each has weights of its own, which are equal only if every update
// was.
Communicator& over_messages();

}  // namespace ganymede
