// bfloat16, the upper half of a float32.
#pragma once

#include <c10/util/BFloat16.h>

#include <cstdint>

namespace ganymede::cpu {

void convert(const float* from, at::BFloat16* to, std::int64_t count);
void convert(const at::BFloat16* from, float* to, std::int64_t count);

// Two rows with their numbers beside each other, as products take two terms at once.
void pair(const at::BFloat16* first, const at::BFloat16* second, std::int64_t count, std::uint32_t* pairs);

// to [columns][`to_stride`] = from [rows][`from_stride`]
void transpose(const at::BFloat16* from, std::int64_t from_stride, std::int64_t rows, std::int64_t columns,
               at::BFloat16* to, std::int64_t to_stride);

}  // namespace ganymede::cpu
