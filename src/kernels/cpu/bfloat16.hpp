// bfloat16, the upper half of a float32.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace ganymede::cpu {

void convert(const float* from, at::BFloat16* to, std::int64_t count);
void convert(const at::BFloat16* from, float* to, std::int64_t count);

}  // namespace ganymede::cpu
