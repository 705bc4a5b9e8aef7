// Streams and events of the CUDA runtime, which free themselves.
#pragma once

#include <cuda_runtime.h>

#include <source_location>
#include <string_view>

namespace ganymede {

// Throws CommunicationError with the runtime's own text when a call failed.
void check_cuda(cudaError_t status, std::string_view operation,
                std::source_location where = std::source_location::current());

// Of the device that is current when it is made. Its work goes before that of other streams and does not wait
// for the default one.
class DeviceStream {
 public:
  DeviceStream();
  ~DeviceStream() { cudaStreamDestroy(stream_); }
  DeviceStream(const DeviceStream&) = delete;
  DeviceStream& operator=(const DeviceStream&) = delete;

  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

// A place in a stream's work.
class DeviceEvent {
 public:
  DeviceEvent();
  ~DeviceEvent() { cudaEventDestroy(event_); }
  DeviceEvent(const DeviceEvent&) = delete;
  DeviceEvent& operator=(const DeviceEvent&) = delete;

  // Behind all that the stream has by now.
  void record(cudaStream_t stream);
  // What the stream gets from now on waits for the place recorded last.
  void hold_up(cudaStream_t stream) const;
  // Whether that place has been reached.
  bool reached() const;

 private:
  cudaEvent_t event_ = nullptr;
};

}  // namespace ganymede
