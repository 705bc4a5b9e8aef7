// A double of the CUDA runtime and of NCCL, as far as they are used: linked in place of the libraries, it
// works in host memory. A stream is a thread that takes its work in order and at its own time: what no event
// orders happens in any order, and early. NCCL's messages go over MPI, which must allow threads.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <string>
#include <vector>

namespace ganymede::doubles {

// What goes wrong on this rank.
struct Faults {
  bool no_devices = false;       // else there are two
  bool no_streams = false;       // cudaStreamCreateWithPriority fails
  bool never_connected = false;  // this rank's initialisation does not end
  int error_after = -1;          // so many collectives work, the next hangs and NCCL knows of an error
  bool init_refused = false;     // ncclCommInitRankConfig fails at once
};
void set_faults(const Faults& faults);

// Calls of NCCL since the last look, in order: "ncclGroupStart", "ncclReduceScatter 1024", ...
std::vector<std::string> take_log();

// What has been made and not been freed.
struct Living {
  int streams = 0, events = 0, communicators = 0;
  bool operator==(const Living&) const = default;
};
Living living();

}  // namespace ganymede::doubles
