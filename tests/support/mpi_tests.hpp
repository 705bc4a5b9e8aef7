// Tests of several ranks: every rank runs every test; rank 0 prints, the others only their failures; all
// ranks return the same verdict. A test that hangs is named and ends the job.
#pragma once

namespace ganymede {

// The exit code.
int run_mpi_tests(int argc, char** argv);

}  // namespace ganymede
