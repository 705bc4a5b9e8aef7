// Runs the arithmetic of kernels/arithmetic/ on a GPU.
#pragma once

#include <ATen/Dispatch.h>
#include <ATen/core/Tensor.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <algorithm>

namespace ganymede::cuda {

template <typename Work>
__global__ void run_at_each(std::int64_t count, Work work) {
  const std::int64_t together = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += together)
    work(i);
}

// work(i) for each i below count, on the device's present stream.
template <typename Work>
void launch(const at::Device& device, std::int64_t count, const Work& work) {
  if (count == 0) return;
  constexpr std::int64_t kThreads = 256, kMostBlocks = 1 << 16;
  const auto blocks = static_cast<unsigned>(std::min((count + kThreads - 1) / kThreads, kMostBlocks));
  const c10::cuda::CUDAGuard guard(device);
  run_at_each<<<blocks, kThreads, 0, c10::cuda::getCurrentCUDAStream()>>>(count, work);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace ganymede::cuda
