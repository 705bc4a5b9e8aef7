// The device that the tests of devices run on: in ganymede_device_tests the double of an accelerator
// (tests/doubles/tested_double.cpp), in ganymede_gpu_tests the first GPU (tests/gpu/tested_gpu.cpp).
#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "procedures/procedure.hpp"

namespace ganymede {

c10::Device tested_device();

// Of the double, checks with copies from the host as late as they may be, and with them early and a step's
// own copies late; of a GPU, once.
void at_each_timing_of_device(const std::function<void()>& check);

// Records what it is asked for (StepGraphs).
std::unique_ptr<StepRecorder> tested_recorder();

// Of its memory, that tensors hold.
std::int64_t bytes_held_on_device();

// Counts, as long as it lives, how often this thread, or a backward pass that it asked for, waits for numbers
// of the device: on a GPU, for its work to be done.
class WaitsForDevice {
 public:
  WaitsForDevice();
  ~WaitsForDevice();

  std::int64_t count() const;

 private:
  struct Counter;
  std::unique_ptr<Counter> counter_;
};

}  // namespace ganymede
