#include "distributed/communication_thread.hpp"

#include "base/clock.hpp"

namespace ganymede {

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
  communicator_->let_compute(false);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return work_.empty(); });
  communicator_->let_compute(true);
  if (error_) std::rethrow_exception(error_);
}

void CommunicationThread::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || !work_.empty(); });
    if (work_.empty()) return;
    const auto& work = work_.front();  // stays where it is while others are added behind it
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
