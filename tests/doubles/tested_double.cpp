#include <gtest/gtest.h>

#include "tests/doubles/accelerator_double.hpp"
#include "tests/doubles/accelerator_streams.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

c10::Device tested_device() {
  return accelerator_double();
}

void at_each_timing_of_device(const std::function<void()>& check) {
  {
    SCOPED_TRACE("copies from the host are late");
    make_late(Copies::from_host);
    check();
  }
  {
    SCOPED_TRACE("copies within the device are late");
    make_late(Copies::within_the_device);
    check();
  }
  make_late(Copies::from_host);
}

std::unique_ptr<StepRecorder> tested_recorder() {
  return accelerator_recorder();
}

std::int64_t bytes_held_on_device() {
  return bytes_held_on_accelerator();
}

struct WaitsForDevice::Counter {
  std::int64_t before = reads_from_accelerator();
};

WaitsForDevice::WaitsForDevice() : counter_(std::make_unique<Counter>()) {}

WaitsForDevice::~WaitsForDevice() = default;

std::int64_t WaitsForDevice::count() const {
  return reads_from_accelerator() - counter_->before;
}

}  // namespace ganymede
