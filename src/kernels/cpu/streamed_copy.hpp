// Copies to memory past the caches, which keep what they hold.
#pragma once

#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace ganymede {

// For what is read only after more than caches hold has been written. `to` is aligned to 16 bytes, the
// numbers fill as many or a multiple of them.
template <typename T>
void streamed_copy(const T* from, std::int64_t count, T* to) {
#ifdef __SSE2__
  constexpr auto kTogether = static_cast<std::int64_t>(sizeof(__m128i) / sizeof(T));
  for (std::int64_t i = 0; i < count; i += kTogether)
    _mm_stream_si128(reinterpret_cast<__m128i*>(to + i),
                     _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i)));
#else
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
#endif
}

// To be called by a thread that made such copies before another one is told of them.
inline void finish_streamed_copies() {
#ifdef __SSE2__
  _mm_sfence();
#endif
}

}  // namespace ganymede
