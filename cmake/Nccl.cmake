# NCCL and the CUDA runtime, as headers and libraries: CUDA's language is not needed. ganymede_nccl_headers is there
# where both headers are, ganymede_nccl_libraries where the libraries are, too.
set(CUDA_HINTS "$ENV{CUDA_HOME}" "$ENV{CUDA_PATH}" /usr/local/cuda)
find_path(NCCL_INCLUDE_DIR nccl.h HINTS "$ENV{NCCL_HOME}" ${CUDA_HINTS} PATH_SUFFIXES include)
find_path(CUDART_INCLUDE_DIR cuda_runtime.h HINTS ${CUDA_HINTS} PATH_SUFFIXES include)
find_library(NCCL_LIBRARY NAMES nccl libnccl.so.2 HINTS "$ENV{NCCL_HOME}" ${CUDA_HINTS} PATH_SUFFIXES lib lib64)
find_library(CUDART_LIBRARY cudart HINTS ${CUDA_HINTS} PATH_SUFFIXES lib lib64)
mark_as_advanced(NCCL_INCLUDE_DIR CUDART_INCLUDE_DIR NCCL_LIBRARY CUDART_LIBRARY)

if(NCCL_INCLUDE_DIR AND CUDART_INCLUDE_DIR)
  add_library(ganymede_nccl_headers INTERFACE)
  target_include_directories(ganymede_nccl_headers SYSTEM INTERFACE "${NCCL_INCLUDE_DIR}" "${CUDART_INCLUDE_DIR}")
  if(NCCL_LIBRARY AND CUDART_LIBRARY)
    add_library(ganymede_nccl_libraries INTERFACE)
    target_link_libraries(ganymede_nccl_libraries INTERFACE "${NCCL_LIBRARY}" "${CUDART_LIBRARY}")
  endif()
else()
  message(STATUS "no nccl.h and cuda_runtime.h: gradients by NCCL, and their tests, are left out")
endif()
