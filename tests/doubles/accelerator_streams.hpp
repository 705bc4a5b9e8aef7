// Streams of the accelerator's double. What is copied without waiting in another stream than the default one
// may be late: done when something waits for it, and no sooner. All else a stream does at once, behind what
// it was asked for before.
#pragma once

#include <c10/core/Stream.h>

#include <cstdint>
#include <functional>

namespace ganymede {

enum class Copies {
  from_host,         // late are those; copies within the device are not
  within_the_device  // the other way round: a step's work is late, and batches arrive as early as they may
};
// For all streams from now on; copies from the host at first.
void make_late(Copies copies);

// How many were late so far.
std::int64_t late_copies();

// A place in a stream's work.
struct StreamPlace {
  c10::StreamId stream = 0;
  std::int64_t work = 0;  // behind so many pieces
};

c10::StreamId make_stream();
c10::StreamId current_stream();                               // of this thread
c10::StreamId exchange_current_stream(c10::StreamId stream);  // for this thread; what it was before

// Whether a copy that does not wait is put off in this thread's stream at all.
bool may_be_late();
void copy_late(Copies kind, std::function<void()> copy);

StreamPlace end_of_work(c10::StreamId stream);
bool is_reached(StreamPlace place);
void wait_for(StreamPlace place);
// What the stream is asked for from now on waits.
void hold_up(c10::StreamId stream, StreamPlace place);
// Does all that was asked for, in all streams.
void finish_all_streams();

}  // namespace ganymede
