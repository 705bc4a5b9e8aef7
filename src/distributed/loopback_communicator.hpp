// N ranks as threads of one process: for unit tests, and for a debugger.
#pragma once

#include <functional>
#include <vector>

#include "distributed/communicator.hpp"

namespace ganymede {

struct LoopbackOptions {
  std::vector<int> host_group_sizes = {};  // [node], ranks that share memory; all of them by default
  bool overlap = false;                    // whether sums can go on while ranks compute
  std::int64_t bucket_bytes = 0;
  bool factors = false;  // whether they travel in place of gradients; each node has one rank then
};

// Runs body once a rank, each in its own thread, with a communicator that joins them. When a rank throws,
// the others' collectives throw too, and the first error is rethrown here.
void run_loopback_ranks(int size, const std::function<void(Communicator&)>& body,
                        const LoopbackOptions& options = {});

}  // namespace ganymede
