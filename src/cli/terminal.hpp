// The terminal: what is said there, and whether a person sees it.
#pragma once

#include <string>

namespace ganymede {

// "ganymede: <message>", a line on standard error.
void print_error(const std::string& message);

// True if standard output ends on a terminal. mpirun gives its ranks a pseudo-terminal even when its own
// output goes to a file, so under mpirun its own output decides.
bool stdout_reaches_terminal();

}  // namespace ganymede
