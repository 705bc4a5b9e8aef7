// HUP, INT, QUIT, TERM and USR1 ask a run to stop: it writes a checkpoint and ends with exit code 75.
#pragma once

#include "base/error.hpp"

namespace ganymede {

// Thrown where there is nothing yet to write a checkpoint of.
struct StopRequested : Error {
  StopRequested();
};

// From now on these signals set a flag and no longer end the process; nohup keeps its meaning. The same
// signal again, a second later or more, ends the process at once, whatever it waits for. Sooner it counts as
// the first: a closed terminal and mpirun both may send one twice.
void catch_stop_signals();

bool stop_requested();

// For the time before the first step. Throws StopRequested.
void end_if_stop_requested();

}  // namespace ganymede
