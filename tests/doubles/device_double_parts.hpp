// What the doubles of the CUDA runtime and of NCCL share.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/doubles/device_double.hpp"

namespace ganymede::doubles {

// One lock for all that the doubles know; whoever changes something tells everybody.
struct Device {
  std::mutex mutex;
  std::condition_variable changed;
  Faults faults;
  std::vector<std::string> log;
  Living living;
};
Device& device();

}  // namespace ganymede::doubles

struct CUstream_st {
  CUstream_st();
  ~CUstream_st();  // after the work that it has
  void add(std::function<void()> work);
  void drain();

 private:
  void run();

  std::deque<std::function<void()>> work_;  // the front is under way
  bool stopping_ = false;
  std::thread thread_;
};

struct CUevent_st {
  // How often it was recorded, and how many of these places have been reached. Streams may outlive it.
  struct Places {
    std::uint64_t recorded = 0, reached = 0;
  };
  std::shared_ptr<Places> places = std::make_shared<Places>();
};
