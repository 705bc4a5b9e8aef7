// Builds where the real libraries have all that is used of them. There is nothing to run without a device.
#include "distributed/lone_communicator.hpp"
#include "distributed/nccl/nccl_gradient_exchange.hpp"

int main() {
  ganymede::LoneCommunicator alone;
  const ganymede::NcclGradientExchange exchange(
      alone, {.device = at::Device(at::kCUDA, 0), .compute_stream = [] { return cudaStream_t{}; }});
}
