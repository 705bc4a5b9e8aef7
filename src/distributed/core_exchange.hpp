// A thread that waits gives its core to the one that it waits for, where a program of others has that one's.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace ganymede {

// Of a thread of this host: ready to run, but on no core at present. False where the system does not tell.
bool waits_for_core(pid_t thread);

// From now on `thread` keeps to the core that the caller is on, and the caller to those, but this, that
// `thread` might use; where there is none, both keep theirs.
void exchange_cores_with(pid_t thread);

}  // namespace ganymede
