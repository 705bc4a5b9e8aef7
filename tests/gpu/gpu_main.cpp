// The tests of devices on a GPU.
#include <gtest/gtest.h>

#include "tests/gpu/gpu_presence.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests))
    if (const auto code = ganymede::exit_code_without_gpu()) return *code;
  return RUN_ALL_TESTS();
}
