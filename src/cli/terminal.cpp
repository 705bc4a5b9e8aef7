#include "cli/terminal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/error.hpp"

namespace ganymede {

void print_error(const std::string& message) {
  std::fputs(fmt::format("ganymede: {}\n", message).c_str(), stderr);
}

bool stdout_reaches_terminal() {
  if (isatty(STDOUT_FILENO) == 0) return false;
  if (!std::getenv("OMPI_COMM_WORLD_SIZE")) return true;
  // The parent is mpirun itself on its own host, a daemon whose output is no terminal on the others.
  const int parent_output = open(fmt::format("/proc/{}/fd/1", getppid()).c_str(), O_WRONLY | O_NOCTTY);
  if (parent_output < 0) return false;
  const bool terminal = isatty(parent_output) == 1;
  close(parent_output);
  return terminal;
}

}  // namespace ganymede
