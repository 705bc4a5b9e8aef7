// The world of the MPI test program.
#pragma once

#include "distributed/communicator.hpp"

namespace ganymede {

// All ranks of this test run. Tests are collective: every rank runs every test in the same order.
Communicator& world();

}  // namespace ganymede
