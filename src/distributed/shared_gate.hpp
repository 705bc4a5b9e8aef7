// A barrier in memory that processes or threads share. Zeros are a gate that nobody has come to.
#pragma once

#include <atomic>
#include <cstdint>

#include "distributed/waiting.hpp"

namespace ganymede {

class SharedGate {
 public:
  // Returns when all `size` have come. What they wrote before it, all of them see after it. Who waits long
  // sleeps: a process that shares the cores then gets those that wait, not those that are waited for.
  void pass(int size, const WaitingMode& waiting);

 private:
  static constexpr std::size_t kCacheLine = 64;
  alignas(kCacheLine) std::atomic<std::uint32_t> arrived_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> generation_{0};
  std::atomic<std::uint32_t> sleepers_{0};
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "atomics that work between processes");
};

}  // namespace ganymede
