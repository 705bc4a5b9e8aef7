// The tests of devices on a GPU. Without one they are skipped, which exit code 77 says;
// GANYMEDE_REQUIRE_GPU=1 makes that a failure.
#include <c10/cuda/CUDAFunctions.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests) && c10::cuda::device_count() == 0) {
    constexpr int kFailed = 1, kSkipped = 77;
    const char* required = std::getenv("GANYMEDE_REQUIRE_GPU");
    if (required != nullptr && std::string_view(required) == "1") {
      std::puts("failed: no GPU, and GANYMEDE_REQUIRE_GPU is 1; look at nvidia-smi");
      return kFailed;
    }
    std::puts("skipped: no GPU");
    return kSkipped;
  }
  return RUN_ALL_TESTS();
}
