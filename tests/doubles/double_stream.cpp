#include "tests/doubles/accelerator_double.hpp"
#include "tests/support/compute_stream.hpp"

namespace ganymede {

// The double's operations wait for the stream, as those of a GPU in that stream would.
ComputeStream::ComputeStream() {
  cudaStreamCreateWithPriority(&stream_, cudaStreamNonBlocking, -5);
  wait_before_operations([this] { cudaStreamSynchronize(stream_); });
}

ComputeStream::~ComputeStream() {
  wait_before_operations({});
  cudaStreamDestroy(stream_);
}

}  // namespace ganymede
