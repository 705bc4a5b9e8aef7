#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>

#include "procedures/step_recording.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

using c10::cuda::SyncDebugMode;

c10::Device tested_device() {
  const c10::Device device(c10::DeviceType::CUDA, 0);
  static const auto stream = [&] {
    take_device(device);
    return c10::cuda::getCurrentCUDAStream(device.index());
  }();
  c10::cuda::setCurrentCUDAStream(stream);
  return device;
}

void at_each_timing_of_device(const std::function<void()>& check) {
  check();
}

std::unique_ptr<StepRecorder> tested_recorder() {
  return make_step_recorder(tested_device());
}

std::int64_t bytes_held_on_device() {
  const auto all = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  return c10::cuda::CUDACachingAllocator::getDeviceStats(0).allocated_bytes[all].current;
}

// LibTorch warns of each wait, also of those of a backward pass's threads, once that is over.
struct WaitsForDevice::Counter final : c10::WarningHandler {
  void process(const c10::Warning& warning) override {
    if (warning.msg().find("synchronizing CUDA operation") != std::string::npos) ++waits;
  }

  std::int64_t waits = 0;
  c10::WarningHandler* const before = c10::WarningUtils::get_warning_handler();
};

WaitsForDevice::WaitsForDevice() : counter_(std::make_unique<Counter>()) {
  c10::WarningUtils::set_warning_handler(counter_.get());
  c10::cuda::warning_state().set_sync_debug_mode(SyncDebugMode::L_WARN);
}

WaitsForDevice::~WaitsForDevice() {
  c10::cuda::warning_state().set_sync_debug_mode(SyncDebugMode::L_DISABLED);
  c10::WarningUtils::set_warning_handler(counter_->before);
}

std::int64_t WaitsForDevice::count() const {
  return counter_->waits;
}

}  // namespace ganymede
