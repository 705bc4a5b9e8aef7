// A thread that communicates while its rank computes, over a communicator of its own. Every rank hands it the
// same work in the same order.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include "distributed/communicator.hpp"

namespace ganymede {

class CommunicationThread {
 public:
  explicit CommunicationThread(std::unique_ptr<Communicator> communicator);
  ~CommunicationThread();  // after the work that it has
  CommunicationThread(const CommunicationThread&) = delete;
  CommunicationThread& operator=(const CommunicationThread&) = delete;

  void submit(std::function<void(Communicator&)> work);
  // Until all work is done. Throws what the work threw.
  void wait();
  // Drops what waits and returns when nothing is under way. From then on the ranks may disagree about what
  // was done: wait() throws.
  void cancel() noexcept;

  // Seconds of all its work so far. Called while no work is under way.
  double seconds() const { return communicator_->seconds(); }
  // Those of them in which nobody waited for it.
  double hidden_seconds() const { return std::max(0.0, seconds() - waited_seconds_); }

 private:
  void run();

  std::unique_ptr<Communicator> communicator_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void(Communicator&)>> work_;  // the front is under way
  bool stopping_ = false;
  std::exception_ptr error_;
  double waited_seconds_ = 0;
  std::thread thread_;
};

}  // namespace ganymede
