// SIGTERM, SIGINT and SIGUSR1 ask a run to stop: it writes a checkpoint and ends with exit code 75.
#pragma once

namespace ganymede {

// From now on the signals set a flag and no longer end the process.
void catch_stop_signals();

bool stop_requested();

}  // namespace ganymede
