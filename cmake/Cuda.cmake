# What a build for NVIDIA GPUs adds: the compiler nvcc, and the CUDA half of LibTorch.
foreach(library torch_cuda c10_cuda)
  if(NOT EXISTS "${GANYMEDE_LIBTORCH}/lib/lib${library}.so")
    message(FATAL_ERROR "no lib${library}.so in ${GANYMEDE_LIBTORCH}/lib\n"
      "Run launch/setup --cuda, or configure with -DGANYMEDE_LIBTORCH=DIR, where DIR/lib has LibTorch's CUDA libraries.")
  endif()
endforeach()

find_program(NVCC nvcc HINTS "$ENV{CUDA_HOME}/bin" /usr/local/cuda/bin REQUIRED)
set(CMAKE_CUDA_COMPILER "${NVCC}" CACHE FILEPATH "nvcc")
# Data centre GPUs since 2020; newer ones compile the last when the program starts.
set(CMAKE_CUDA_ARCHITECTURES "80;90" CACHE STRING "Compute capabilities of the GPUs to build for")
enable_language(CUDA)
# CMake 3.25 does not know nvcc's name of C++20.
set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
# Without fused multiply-add numbers have the bits of the CPU's where the formula is the same.
string(APPEND CMAKE_CUDA_FLAGS " --fmad=false --expt-relaxed-constexpr")
find_package(CUDAToolkit REQUIRED)

# Nothing names a symbol of libtorch_cuda, which registers its operations when it is loaded. Only who includes headers of
# CUDA looks for them: all others compile as without it, and ccache has them.
target_link_libraries(ganymede_libtorch INTERFACE
  "-Wl,--push-state,--no-as-needed,${GANYMEDE_LIBTORCH}/lib/libtorch_cuda.so,--pop-state"
  "${GANYMEDE_LIBTORCH}/lib/libc10_cuda.so" $<LINK_ONLY:CUDA::cudart>)
