#include "tests/doubles/accelerator_double.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

c10::Device tested_device() {
  return accelerator_double();
}

void record_steps_on_device(Procedure& procedure, Communicator& communicator) {
  procedure.record_steps(std::make_unique<StepGraphs>(accelerator_recorder(), communicator));
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
