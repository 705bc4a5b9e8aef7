#include "distributed/nccl/device_stream.hpp"

#include "base/error.hpp"

namespace ganymede {

void check_cuda(cudaError_t status, std::string_view operation, std::source_location where) {
  if (status == cudaSuccess) return;
  throw CommunicationError(fmt::format("{} failed: {} ({}:{})", operation, cudaGetErrorString(status),
                                       where.file_name(), where.line()));
}

DeviceStream::DeviceStream() {
  int least = 0, greatest = 0;
  check_cuda(cudaDeviceGetStreamPriorityRange(&least, &greatest), "cudaDeviceGetStreamPriorityRange");
  check_cuda(cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, greatest),
             "cudaStreamCreateWithPriority");
}

DeviceEvent::DeviceEvent() {
  check_cuda(cudaEventCreateWithFlags(&event_, cudaEventDisableTiming), "cudaEventCreateWithFlags");
}

void DeviceEvent::record(cudaStream_t stream) {
  check_cuda(cudaEventRecord(event_, stream), "cudaEventRecord");
}

void DeviceEvent::hold_up(cudaStream_t stream) const {
  check_cuda(cudaStreamWaitEvent(stream, event_, 0), "cudaStreamWaitEvent");
}

bool DeviceEvent::reached() const {
  const cudaError_t status = cudaEventQuery(event_);
  if (status == cudaErrorNotReady) return false;
  check_cuda(status, "cudaEventQuery");
  return true;
}

}  // namespace ganymede
