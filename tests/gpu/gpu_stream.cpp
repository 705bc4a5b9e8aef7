#include <c10/cuda/CUDAStream.h>

#include "tests/support/compute_stream.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

ComputeStream::ComputeStream() : stream_(c10::cuda::getCurrentCUDAStream(tested_device().index()).stream()) {}

ComputeStream::~ComputeStream() = default;

}  // namespace ganymede
