// What an exception means to the user: one line, and the exit code of the program.
#pragma once

#include <exception>
#include <string>

#include "base/error.hpp"

namespace ganymede {

struct Failure {
  std::string message;
  ExitCode code = ExitCode::failure;
};

// Ours says both itself. Of LibTorch's it leaves the stack frames out; a path that the system does not take
// is a mistake of the command, unless the disk is full or fails.
Failure describe_failure(const std::exception& error);

}  // namespace ganymede
