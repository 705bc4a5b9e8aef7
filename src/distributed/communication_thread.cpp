#include "distributed/communication_thread.hpp"

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/trace.hpp"

namespace ganymede {
namespace {

// This thread works for microseconds at a time, but then at once: other ranks wait for its answer. From Linux
// 6.12 on, a thread that asks for short turns gets them before one that computes; where that is unknown,
// nothing changes.
void ask_for_short_turns() {
  // The kernel's sched_attr, whose header and glibc's exclude each other.
  struct {
    std::uint32_t size = 48, policy = SCHED_OTHER;
    std::uint64_t flags = 0;
    std::int32_t nice = 0;
    std::uint32_t priority = 0;
    std::uint64_t runtime = 100'000, deadline = 0, period = 0;  // ns; the least turn there is
  } attributes;
  static_assert(sizeof attributes == 48);
  syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace

CommunicationThread::CommunicationThread(std::unique_ptr<Communicator> communicator)
    : communicator_(std::move(communicator)), thread_([this] { run(); }) {}

CommunicationThread::~CommunicationThread() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void CommunicationThread::submit(std::function<void(Communicator&)> work) {
  const std::scoped_lock lock(mutex_);
  work_.push_back(std::move(work));
  changed_.notify_all();
}

void CommunicationThread::wait() {
  const ScopedTimer timer(waited_seconds_);
  const TraceSpan span("wait_for_sums", TraceCategory::wait);
  communicator_->wait_politely(false);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return work_.empty(); });
  communicator_->wait_politely(true);
  if (error_) std::rethrow_exception(error_);
}

void CommunicationThread::cancel() noexcept {
  std::unique_lock lock(mutex_);
  if (work_.empty()) return;
  work_.erase(work_.begin() + 1, work_.end());
  changed_.wait(lock, [&] { return work_.empty(); });
  if (!error_) error_ = std::make_exception_ptr(CommunicationError("sums in the background were cancelled"));
}

void CommunicationThread::run() {
  ask_for_short_turns();
  const TracedThread traced(communicator_->rank(), "communication");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !work_.empty(); });
    if (work_.empty()) return;
    const auto& work = work_.front();  // stays where it is while others are added or dropped behind it
    if (!error_) {
      lock.unlock();
      std::exception_ptr error;
      try {
        work(*communicator_);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      error_ = error;
    }
    work_.pop_front();
    changed_.notify_all();
  }
}

}  // namespace ganymede
