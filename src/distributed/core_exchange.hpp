// A thread that waits gives its core to the one that it waits for, where a program of others has that one's.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace ganymede {

// Of a thread of this host: ready to run, but on no core at present. False where the system does not tell.
bool waits_for_core(pid_t thread);

// From now on `thread` keeps to the core that the caller is on, and the caller to those, but this, that
// `thread` might use. False where there is none: both keep theirs.
bool exchange_cores_with(pid_t thread);

// Of the calling thread: those that it had when it first called one of these, which is before others may
// exchange them. A thread has them once, however many gates it comes to: one that it first comes to in the
// middle of an exchange would else take the other's core for its own, and both would stay on one.
void remember_own_cores();
void return_to_own_cores();

}  // namespace ganymede
