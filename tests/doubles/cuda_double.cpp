#include "tests/doubles/accelerator_recording.hpp"
#include "tests/doubles/device_double_parts.hpp"

namespace ganymede::doubles {

Device& device() {
  static Device one;
  return one;
}

void set_faults(const Faults& faults) {
  const std::scoped_lock lock(device().mutex);
  device().faults = faults;
}

std::vector<std::string> take_log() {
  const std::scoped_lock lock(device().mutex);
  return std::exchange(device().log, {});
}

Living living() {
  const std::scoped_lock lock(device().mutex);
  return device().living;
}

}  // namespace ganymede::doubles

using ganymede::accelerator_recording;
using ganymede::doubles::device;

CUstream_st::CUstream_st() : thread_([this] { run(); }) {}

CUstream_st::~CUstream_st() {
  {
    const std::scoped_lock lock(device().mutex);
    stopping_ = true;
    device().changed.notify_all();
  }
  thread_.join();
}

void CUstream_st::add(std::function<void()> work) {
  const std::scoped_lock lock(device().mutex);
  work_.push_back(std::move(work));
  device().changed.notify_all();
}

void CUstream_st::drain() {
  std::unique_lock lock(device().mutex);
  device().changed.wait(lock, [&] { return work_.empty(); });
}

void CUstream_st::run() {
  std::unique_lock lock(device().mutex);
  while (true) {
    device().changed.wait(lock, [&] { return stopping_ || !work_.empty(); });
    if (work_.empty()) return;
    const auto& work = work_.front();
    lock.unlock();
    work();
    lock.lock();
    work_.pop_front();
    device().changed.notify_all();
  }
}

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  const std::scoped_lock lock(device().mutex);
  *count = device().faults.no_devices ? 0 : 2;
  return device().faults.no_devices ? cudaErrorNoDevice : cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int number) {
  properties->uuid.bytes[15] = static_cast<char>(0xa0 + number);
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int) {
  return cudaSuccess;
}

const char* cudaGetErrorString(cudaError_t) {
  return "an error of the double";
}

cudaError_t cudaDeviceGetStreamPriorityRange(int* least, int* greatest) {
  *least = 0;
  *greatest = -5;
  return cudaSuccess;
}

// Only of the greatest priority, and not bound to the default stream: that is what is to be asked for.
cudaError_t cudaStreamCreateWithPriority(cudaStream_t* stream, unsigned flags, int priority) {
  {
    const std::scoped_lock lock(device().mutex);
    if (device().faults.no_streams || flags != cudaStreamNonBlocking || priority != -5)
      return cudaErrorInvalidValue;
    ++device().living.streams;
  }
  *stream = new CUstream_st;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  if (!stream) return cudaErrorInvalidValue;
  delete stream;
  const std::scoped_lock lock(device().mutex);
  --device().living.streams;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  stream->drain();
  return cudaSuccess;
}

cudaError_t cudaLaunchHostFunc(cudaStream_t stream, cudaHostFn_t function, void* data) {
  stream->add([function, data] { function(data); });
  return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st;
  const std::scoped_lock lock(device().mutex);
  ++device().living.events;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  if (!event) return cudaErrorInvalidValue;
  delete event;
  const std::scoped_lock lock(device().mutex);
  --device().living.events;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (auto* recording = accelerator_recording()) {
    recording->note([event, stream] { cudaEventRecord(event, stream); });
    return cudaSuccess;
  }
  std::uint64_t place = 0;
  {
    const std::scoped_lock lock(device().mutex);
    place = ++event->places->recorded;
  }
  stream->add([places = event->places, place] {
    const std::scoped_lock lock(device().mutex);
    places->reached = std::max(places->reached, place);
    device().changed.notify_all();
  });
  return cudaSuccess;
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned flags) {
  if (auto* recording = accelerator_recording()) {
    recording->note([stream, event, flags] { cudaStreamWaitEvent(stream, event, flags); });
    return cudaSuccess;
  }
  std::uint64_t place = 0;
  {
    const std::scoped_lock lock(device().mutex);
    place = event->places->recorded;
  }
  stream->add([places = event->places, place] {
    std::unique_lock lock(device().mutex);
    device().changed.wait(lock, [&] { return places->reached >= place; });
  });
  return cudaSuccess;
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  const std::scoped_lock lock(device().mutex);
  return event->places->reached >= event->places->recorded ? cudaSuccess : cudaErrorNotReady;
}

}  // extern "C"
