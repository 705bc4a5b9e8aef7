#include "tests/doubles/accelerator_streams.hpp"

#include <deque>
#include <map>
#include <mutex>

namespace ganymede {
namespace {

constexpr c10::StreamId kDefaultStream = 0;

struct WorkOfStream {
  std::deque<std::function<void()>> pieces;  // not yet done
  std::int64_t done = 0;
};

std::recursive_mutex mutex;
std::map<c10::StreamId, WorkOfStream> streams;
Copies late = Copies::from_host;
std::int64_t put_off = 0;
thread_local c10::StreamId current = kDefaultStream;

}  // namespace

void make_late(Copies copies) {
  const std::scoped_lock lock(mutex);
  late = copies;
}

std::int64_t late_copies() {
  const std::scoped_lock lock(mutex);
  return put_off;
}

c10::StreamId make_stream() {
  static c10::StreamId last = kDefaultStream;
  const std::scoped_lock lock(mutex);
  return ++last;
}

c10::StreamId current_stream() {
  return current;
}

c10::StreamId exchange_current_stream(c10::StreamId stream) {
  return std::exchange(current, stream);
}

bool may_be_late() {
  return current != kDefaultStream;
}

void copy_late(Copies kind, std::function<void()> copy) {
  const std::scoped_lock lock(mutex);
  streams[current].pieces.push_back(std::move(copy));
  if (kind == late)
    ++put_off;
  else
    wait_for(end_of_work(current));
}

StreamPlace end_of_work(c10::StreamId stream) {
  const std::scoped_lock lock(mutex);
  const WorkOfStream& work = streams[stream];
  return {.stream = stream, .work = work.done + std::ssize(work.pieces)};
}

bool is_reached(StreamPlace place) {
  const std::scoped_lock lock(mutex);
  return streams[place.stream].done >= place.work;
}

void wait_for(StreamPlace place) {
  const std::scoped_lock lock(mutex);
  WorkOfStream& work = streams[place.stream];
  while (work.done < place.work) {
    const std::function<void()> piece = std::move(work.pieces.front());
    work.pieces.pop_front();
    piece();
    ++work.done;
  }
}

void hold_up(c10::StreamId stream, StreamPlace place) {
  if (stream == kDefaultStream) return wait_for(place);
  const std::scoped_lock lock(mutex);
  streams[stream].pieces.emplace_back([place] { wait_for(place); });
}

void finish_all_streams() {
  const std::scoped_lock lock(mutex);
  for (const auto& [stream, work] : streams) wait_for(end_of_work(stream));
}

}  // namespace ganymede
