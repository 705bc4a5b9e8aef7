// Marks a function of a few operations that loops on the CPU and CUDA kernels share.
#pragma once

#ifdef __CUDACC__
#define GANYMEDE_HOST_DEVICE __host__ __device__ __forceinline__
#else
#define GANYMEDE_HOST_DEVICE [[gnu::always_inline]] inline
#endif
