// A timeline of what the threads of this process do, for a run that is asked for one. In all others a span
// costs one look at a flag.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ganymede {

enum class TraceCategory { step, data, compute, communication, wait, reporting };

struct TraceEvent {
  std::string_view name;  // a literal
  TraceCategory category;
  std::int64_t begin, end;  // trace_clock
  std::int64_t step;        // after which one more is done; -1: of none
};

// Of one thread, in the order in which they ended.
struct ThreadTrace {
  std::string thread;
  std::vector<TraceEvent> events;
};

struct RankTrace {
  std::vector<ThreadTrace> threads;
  std::int64_t dropped = 0;  // events beyond the first kEventsOfThread of a thread
};

// 6 MB of a thread's memory: thousands of steps.
inline constexpr std::size_t kEventsOfThread = std::size_t{1} << 17;

// Nanoseconds; of this host.
std::int64_t trace_clock();

// From now on threads that say whose they are are traced.
void start_tracing();
// Takes what was traced of the rank; what its threads do from now on is not. Any thread.
RankTrace take_trace(int rank);

namespace trace {
inline std::atomic<bool> on{false};
struct Record;
}  // namespace trace

// While it lives, what the thread that made it does belongs to this rank's timeline.
class TracedThread {
 public:
  TracedThread(int rank, std::string name);
  ~TracedThread();
  TracedThread(const TracedThread&) = delete;
  TracedThread& operator=(const TracedThread&) = delete;

 private:
  std::shared_ptr<trace::Record> outer_;  // of the same thread
};

// Its lifetime is an event of the thread. They nest.
class TraceSpan {
 public:
  explicit TraceSpan(std::string_view name, TraceCategory category = TraceCategory::compute,
                     std::int64_t step = -1)
      : event_{.name = name, .category = category, .begin = 0, .end = 0, .step = step},
        on_(trace::on.load(std::memory_order_relaxed)) {
    if (on_) event_.begin = trace_clock();
  }
  ~TraceSpan() {
    if (on_) record();
  }
  TraceSpan(const TraceSpan&) = delete;
  TraceSpan& operator=(const TraceSpan&) = delete;

 private:
  void record();

  TraceEvent event_;
  bool on_;
};

}  // namespace ganymede
