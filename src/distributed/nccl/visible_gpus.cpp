#include "distributed/nccl/visible_gpus.hpp"

#include "base/error.hpp"
#include "distributed/nccl/device_stream.hpp"

namespace ganymede {

std::vector<std::string> visible_gpus() {
  int count = 0;
  if (const cudaError_t status = cudaGetDeviceCount(&count);
      status == cudaErrorNoDevice || status == cudaErrorInsufficientDriver)
    return {};
  else
    check_cuda(status, "cudaGetDeviceCount");
  std::vector<std::string> ids;
  for (int device = 0; device < count; ++device) {
    cudaDeviceProp properties{};
    check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    std::string id;
    for (const char byte : properties.uuid.bytes)
      id += fmt::format("{:02x}", static_cast<unsigned char>(byte));
    ids.push_back(id);
  }
  return ids;
}

}  // namespace ganymede
