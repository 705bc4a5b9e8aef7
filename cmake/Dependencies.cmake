# Everything that Ganymede links. A cluster user points the usual variables at their own copies:
# GANYMEDE_LIBTORCH, MPI_HOME or MPI_CXX_COMPILER, HDF5_ROOT, CMAKE_PREFIX_PATH.
if(NOT EXISTS "${GANYMEDE_LIBTORCH}/include/torch/csrc/api/include/torch/all.h")
  message(FATAL_ERROR "no LibTorch in ${GANYMEDE_LIBTORCH}\n"
    "Run launch/setup, or configure with -DGANYMEDE_LIBTORCH=DIR, where DIR has lib/ and include/.")
endif()

# The wheel's own TorchConfig.cmake demands the CUDA toolkit; the CPU build links these two libraries only.
add_library(ganymede_libtorch INTERFACE)
# LibTorch ships headers of its own fmt, which do not fit the fmt that spdlog was built with: a link to the
# latter's goes in front.
if(GANYMEDE_GPU_CHECK)
  include(CollectedDependencies)
else()
  find_package(fmt REQUIRED)
  find_path(FMT_HEADERS fmt/format.h HINTS "${fmt_DIR}/../../../include" REQUIRED)
endif()
file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/include")
file(CREATE_LINK "${FMT_HEADERS}/fmt" "${PROJECT_BINARY_DIR}/include/fmt" SYMBOLIC)

target_include_directories(ganymede_libtorch SYSTEM INTERFACE "${PROJECT_BINARY_DIR}/include"
  "${GANYMEDE_LIBTORCH}/include" "${GANYMEDE_LIBTORCH}/include/torch/csrc/api/include")
target_link_libraries(ganymede_libtorch INTERFACE
  "${GANYMEDE_LIBTORCH}/lib/libtorch_cpu.so" "${GANYMEDE_LIBTORCH}/lib/libc10.so")
target_link_options(ganymede_libtorch INTERFACE -Wl,--allow-shlib-undefined -Wl,--as-needed)

if(GANYMEDE_CUDA)
  include(Cuda)
endif()

find_package(Threads REQUIRED)
if(NOT GANYMEDE_GPU_CHECK)
  find_package(MPI REQUIRED COMPONENTS C)
  set(HDF5_PREFER_PARALLEL OFF)
  # Debian's shared HDF5 brings curl, Kerberos and two dozen more libraries. The static one names them, too, but uses none:
  # --as-needed leaves them out. Where there is no static one, the shared one is found.
  set(HDF5_USE_STATIC_LIBRARIES ON)
  find_package(HDF5 REQUIRED COMPONENTS C)
  find_package(JPEG REQUIRED)
  find_package(PNG REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(spdlog REQUIRED)
  find_package(yaml-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(nlohmann_json REQUIRED)
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are only cached with these two liberties; they are safe with -fpch-preprocess. Relative to the
  # build folder paths are the same in each, and one build has what another compiled alike.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
      CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} ${CCACHE})
  set(CMAKE_CUDA_COMPILER_LAUNCHER ${CCACHE})
endif()
