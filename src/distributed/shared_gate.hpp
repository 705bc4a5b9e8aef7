// A barrier in memory that processes or threads share. Zeros are a gate that nobody has come to.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "distributed/waiting.hpp"

namespace ganymede {

class SharedGate {
 public:
  // Returns when all `size` have come, of whom the caller is one, from 0. What they wrote before it, all of
  // them see after it. Who waits long sleeps: a process that shares the cores then gets those that wait, not
  // those that are waited for. Where it has one of these, who sleeps exchanges cores with who waits for it.
  void pass(int caller, int size, const WaitingMode& waiting);

 private:
  struct Seat {
    void take(std::uint32_t for_generation);
    void go_back();  // to its thread's own cores

    std::atomic<pid_t> thread{0};
    std::atomic<std::uint32_t> generation{0};  // that it came for last
    // When its cores were last exchanged, in nanoseconds of the host's clock; 0: it has them.
    std::atomic<std::int64_t> exchanged{0};
  };
  static constexpr std::size_t kSeats = 256;  // where more come, nobody exchanges cores

  // With one who has not come.
  static void exchange_cores(Seat& caller, std::span<Seat> seats);

  static constexpr std::size_t kCacheLine = 64;
  alignas(kCacheLine) std::atomic<std::uint32_t> arrived_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> generation_{0};
  std::atomic<std::uint32_t> sleepers_{0};
  alignas(kCacheLine) std::array<Seat, kSeats> seats_;
  static_assert(std::atomic<std::int64_t>::is_always_lock_free, "atomics that work between processes");
};

}  // namespace ganymede
