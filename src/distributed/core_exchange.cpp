#include "distributed/core_exchange.hpp"

#include <fstream>
#include <limits>
#include <string>

#include "base/error.hpp"

namespace ganymede {
namespace {

// At one look. Running, a thread has been given a core once more than it has left one; read in this order, a
// thread that runs meanwhile shows it.
bool seems_to_wait(pid_t thread) {
  std::ifstream status(fmt::format("/proc/{}/status", thread));
  char state = 0;
  std::int64_t stops = 0, count = 0;
  int counts = 0;
  for (std::string key; status >> key; status.ignore(std::numeric_limits<std::streamsize>::max(), '\n')) {
    if (key == "State:") status >> state;
    if (key.ends_with("voluntary_ctxt_switches:") && status >> count) {
      stops += count;
      ++counts;
    }
  }
  if (state != 'R' || counts != 2) return false;
  std::ifstream schedule(fmt::format("/proc/{}/schedstat", thread));
  std::int64_t ran = 0, waited = 0, starts = 0;
  return schedule >> ran >> waited >> starts && stops >= starts;
}

const cpu_set_t& own_cores() {
  thread_local const cpu_set_t own = [] {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    sched_getaffinity(0, sizeof cores, &cores);
    return cores;
  }();
  return own;
}

}  // namespace

// Twice, because it may stop in the middle of a look.
bool waits_for_core(pid_t thread) {
  return seems_to_wait(thread) && seems_to_wait(thread);
}

bool exchange_cores_with(pid_t thread) {
  const int core = sched_getcpu();
  if (core < 0 || core >= CPU_SETSIZE) return false;
  cpu_set_t here, theirs;
  CPU_ZERO(&here);
  CPU_SET(static_cast<std::size_t>(core), &here);
  if (sched_getaffinity(thread, sizeof theirs, &theirs) != 0) return false;
  const cpu_set_t before = theirs;
  CPU_CLR(static_cast<std::size_t>(core), &theirs);
  if (CPU_COUNT(&theirs) == 0 || sched_setaffinity(thread, sizeof here, &here) != 0) return false;
  if (sched_setaffinity(0, sizeof theirs, &theirs) == 0) return true;
  sched_setaffinity(thread, sizeof before, &before);
  return false;
}

void remember_own_cores() {
  own_cores();
}

void return_to_own_cores() {
  sched_setaffinity(0, sizeof(cpu_set_t), &own_cores());
}

}  // namespace ganymede
