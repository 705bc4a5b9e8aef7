// Whether a person sees what this process writes.
#pragma once

namespace ganymede {

// True if standard output ends on a terminal. mpirun gives its ranks a pseudo-terminal even when its own
// output goes to a file, so under mpirun its own output decides.
bool stdout_reaches_terminal();

}  // namespace ganymede
