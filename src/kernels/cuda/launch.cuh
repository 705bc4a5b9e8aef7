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

// Sums of `groups` next to each other by a block of threads, each over every kLanes-th addend and then in
// halves: in an order that the numbers say.
template <int kGroups, int kLanes, typename Work>
__global__ void run_sums(std::int64_t groups, std::int64_t addends, Work work) {
  using Number = typename Work::Number;
  __shared__ Number sums[kLanes][kGroups];
  const auto lane = threadIdx.y, place = threadIdx.x;
  const std::int64_t group = static_cast<std::int64_t>(blockIdx.x) * kGroups + place;
  Number sum = 0;
  if (group < groups)
    for (std::int64_t k = lane; k < addends; k += kLanes) sum += work.addend(k, group);
  sums[lane][place] = sum;
  for (unsigned half = kLanes / 2; half > 0; half /= 2) {
    __syncthreads();
    if (lane < half) sums[lane][place] += sums[lane + half][place];
  }
  if (lane == 0 && group < groups) work.store(group, sums[0][place]);
}

// work.store(group, the sum of work.addend(k, group) over k below `addends`) for each group below `groups`,
// on the device's present stream. Neighbours in memory are those of neighbouring groups.
template <typename Work>
void launch_sums(const at::Device& device, std::int64_t groups, std::int64_t addends, const Work& work) {
  if (groups == 0) return;
  constexpr int kThreads = 1024, kTogether = 32;
  const c10::cuda::CUDAGuard guard(device);
  const cudaStream_t stream = c10::cuda::getCurrentCUDAStream();
  if (groups == 1)
    run_sums<1, kThreads><<<1, dim3(1, kThreads), 0, stream>>>(groups, addends, work);
  else
    run_sums<kTogether, kThreads / kTogether>
        <<<static_cast<unsigned>((groups + kTogether - 1) / kTogether), dim3(kTogether, kThreads / kTogether),
           0, stream>>>(groups, addends, work);
  C10_CUDA_KERNEL_LAUNCH_CHECK();
}

}  // namespace ganymede::cuda
