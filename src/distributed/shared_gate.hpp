// A barrier in memory that processes or threads share. Zeros are a gate that nobody has come to.
#pragma once

#include <atomic>
#include <cstdint>

#include "distributed/waiting.hpp"

namespace ganymede {

class SharedGate {
 public:
  // Returns when all `size` have come. What they wrote before it, all of them see after it.
  void pass(int size, const WaitingMode& waiting) {
    const std::uint32_t generation = generation_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size)) {
      arrived_.store(0, std::memory_order_relaxed);
      generation_.store(generation + 1, std::memory_order_release);
      return;
    }
    wait_until(waiting, [&] { return generation_.load(std::memory_order_acquire) != generation; });
  }

 private:
  static constexpr std::size_t kCacheLine = 64;
  alignas(kCacheLine) std::atomic<std::uint32_t> arrived_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> generation_{0};
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "atomics that work between processes");
};

}  // namespace ganymede
