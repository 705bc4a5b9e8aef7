// The stream in which the tested device computes, as NCCL is to see it: of the double of an accelerator
// (tests/doubles/double_stream.cpp) or of a GPU (tests/gpu/gpu_stream.cpp).
#pragma once

#include <cuda_runtime.h>

namespace ganymede {

// The device's operations go by it as long as it lives.
class ComputeStream {
 public:
  ComputeStream();
  ~ComputeStream();
  ComputeStream(const ComputeStream&) = delete;
  ComputeStream& operator=(const ComputeStream&) = delete;

  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

}  // namespace ganymede
