#include "base/trace.hpp"

#include <chrono>
#include <mutex>
#include <utility>

namespace ganymede {

// Its thread writes to it, and the one that takes it, once, reads: the lock is hardly ever waited for.
struct trace::Record {
  Record(int rank_, std::string name) : rank(rank_), trace{.thread = std::move(name), .events = {}} {}

  const int rank;
  std::mutex mutex;
  ThreadTrace trace;
  std::int64_t dropped = 0;
  bool taken = false;
};

namespace {

std::mutex records_mutex;
std::vector<std::shared_ptr<trace::Record>> records;  // of all threads, in the order of their start
thread_local std::shared_ptr<trace::Record> own_record;

}  // namespace

std::int64_t trace_clock() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void start_tracing() {
  trace::on = true;
}

RankTrace take_trace(int rank) {
  RankTrace taken;
  const std::scoped_lock lock(records_mutex);
  std::erase_if(records, [&](const auto& record) {
    if (record->rank != rank) return false;
    const std::scoped_lock lock_of_thread(record->mutex);
    taken.threads.push_back(std::move(record->trace));
    taken.dropped += record->dropped;
    record->taken = true;
    return true;
  });
  if (records.empty()) trace::on = false;
  return taken;
}

TracedThread::TracedThread(int rank, std::string name) : outer_(own_record) {
  if (!trace::on) return;
  own_record = std::make_shared<trace::Record>(rank, std::move(name));
  const std::scoped_lock lock(records_mutex);
  records.push_back(own_record);
}

TracedThread::~TracedThread() {
  own_record = std::move(outer_);
}

void TraceSpan::record() {
  if (!own_record) return;
  event_.end = trace_clock();
  const std::scoped_lock lock(own_record->mutex);
  if (own_record->taken) return;
  if (own_record->trace.events.size() < kEventsOfThread)
    own_record->trace.events.push_back(event_);
  else
    ++own_record->dropped;
}

}  // namespace ganymede
