#include "tests/gpu/gpu_presence.hpp"

#include <c10/cuda/CUDAFunctions.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace ganymede {

std::optional<int> exit_code_without_gpu() {
  constexpr int kFailed = 1, kSkipped = 77;
  if (c10::cuda::device_count() > 0) return std::nullopt;
  const char* required = std::getenv("GANYMEDE_REQUIRE_GPU");
  if (required != nullptr && std::string_view(required) == "1") {
    std::puts("failed: no GPU, and GANYMEDE_REQUIRE_GPU is 1; look at nvidia-smi");
    return kFailed;
  }
  std::puts("skipped: no GPU");
  return kSkipped;
}

}  // namespace ganymede
