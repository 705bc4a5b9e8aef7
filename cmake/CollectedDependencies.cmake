# What the checks of a GPU link, on a machine that has nothing but a compiler, the CUDA toolkit and PyTorch: the folder
# that `launch/gpu-check --collect` makes on another machine.
set(GANYMEDE_COLLECTED "${PROJECT_SOURCE_DIR}/.toolchain/gpu-check" CACHE PATH "What launch/gpu-check --collect has made")
if(NOT EXISTS "${GANYMEDE_COLLECTED}/include/fmt/format.h")
  message(FATAL_ERROR "nothing collected in ${GANYMEDE_COLLECTED}\n"
    "Run launch/gpu-check --collect where launch/setup has run, and bring that folder here.")
endif()
set(FMT_HEADERS "${GANYMEDE_COLLECTED}/include")

# Headers alone, and static libraries.
foreach(package nlohmann_json::nlohmann_json spdlog::spdlog yaml-cpp ZLIB::ZLIB)
  add_library(${package} INTERFACE IMPORTED)
  target_include_directories(${package} INTERFACE "${GANYMEDE_COLLECTED}/include")
endforeach()
target_compile_definitions(spdlog::spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY)
# Compilers younger than this fmt warn of it, wrongly.
target_compile_options(spdlog::spdlog INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>)
target_link_libraries(yaml-cpp INTERFACE "${GANYMEDE_COLLECTED}/lib/libyaml-cpp.a")
target_link_libraries(ZLIB::ZLIB INTERFACE "${GANYMEDE_COLLECTED}/lib/libz.a")

add_library(collected_googletest STATIC EXCLUDE_FROM_ALL
  "${GANYMEDE_COLLECTED}/googletest/src/gtest-all.cc" "${GANYMEDE_COLLECTED}/googlemock/src/gmock-all.cc")
target_include_directories(collected_googletest SYSTEM
  PUBLIC "${GANYMEDE_COLLECTED}/googletest/include" "${GANYMEDE_COLLECTED}/googlemock/include"
  PRIVATE "${GANYMEDE_COLLECTED}/googletest" "${GANYMEDE_COLLECTED}/googlemock")
set_target_properties(collected_googletest PROPERTIES UNITY_BUILD OFF CXX_STANDARD 20)
add_library(GTest::gtest ALIAS collected_googletest)
add_library(GTest::gmock ALIAS collected_googletest)

# Where there is MPI, several ranks are checked, too.
find_package(MPI COMPONENTS C)
