// The timeline of a run in Chrome's trace event format, which https://ui.perfetto.dev shows: a process a
// rank, a track a thread.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/trace.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Nanoseconds by which this rank's clock is ahead of rank 0's: the middle of the range that barriers leave
// it, 0 on rank 0's host. Collective.
std::int64_t clock_lead(Communicator& communicator, const std::function<std::int64_t()>& clock);

class RunTrace {
 public:
  // Threads that start later are traced, too. Without a file, rank 0's, nothing is. Collective.
  RunTrace(const std::string& file, Communicator& communicator);

  // Rank 0 writes what all ranks did since; one rank's is in memory at a time. Collective.
  void write();

 private:
  Communicator& communicator_;
  std::string file_;
  std::int64_t begin_ = 0, lead_ = 0;  // by rank 0's clock; of this rank's
  std::optional<TracedThread> thread_;
};

}  // namespace ganymede
