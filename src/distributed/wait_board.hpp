// What the threads of a rank wait for. They write it down here, which costs them a few stores; the rank's
// watchdog (watchdog.hpp) reads it. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>

#include "distributed/communication_options.hpp"

namespace ganymede {

// What ranks do together.
struct Operation {
  const char* name;           // a literal
  std::int64_t elements = 0;  // that it moves; 0: none
  std::int64_t network = -1;  // whose gradients they are, in the order of allocation; -1: no gradients
  std::int64_t first = 0;     // of these elements
};

// Of one thread that makes collective calls, for all calls of which all ranks make the same ones.
class WaitMark {
 public:
  // While one lives, its thread is in the operation; within it others belong to it.
  class Wait {
   public:
    Wait(WaitMark& mark, const Operation& operation) : mark_(mark) {
      if (mark_.depth_++ == 0) mark_.begin(operation);
    }
    ~Wait() {
      if (--mark_.depth_ == 0) mark_.end();
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    WaitMark& mark_;
  };

 private:
  friend class WaitBoard;

  void begin(const Operation& operation) {
    name_.store(operation.name, std::memory_order_relaxed);
    elements_.store(operation.elements, std::memory_order_relaxed);
    network_.store(operation.network, std::memory_order_relaxed);
    first_.store(operation.first, std::memory_order_relaxed);
    end();
  }
  void end() { number_.store(number_.load(std::memory_order_relaxed) + 1, std::memory_order_release); }

  int depth_ = 0;                         // of the thread alone
  std::atomic<std::uint64_t> number_{0};  // odd: in an operation
  std::atomic<const char*> name_{"its start"};
  std::atomic<std::int64_t> elements_{0}, network_{-1}, first_{0};

  std::atomic<double> unchanged_seconds_{0};  // written by the watchdog, as is
  std::uint64_t seen_ = 0;                    // the number
};

inline constexpr std::size_t kWaitMarks = 8;  // a rank's communicators, with some to spare

// A board as one rank's watchdog tells another's: plain bytes, to be sent.
struct RankState {
  struct Mark {
    std::uint64_t number = 0;
    double unchanged_seconds = 0;
    std::array<char, 96> operation{};  // that it is in, or was in last
    bool waits() const { return number % 2 == 1; }
  };
  std::array<Mark, kWaitMarks> marks{};
  std::int64_t step = 0;  // that it is in, from 1; 0: before the first
};

class WaitBoard {
 public:
  // For one more thread, or one more communicator of a thread; the same order on every rank.
  WaitMark& add_mark();

  void note_step(std::int64_t step) { step_.store(step, std::memory_order_relaxed); }

  // Seconds that a wait may take; without limit while a Patience lives, for what all ranks know to take long.
  double deadline_seconds() const { return deadline_seconds_.load(std::memory_order_relaxed); }
  void set_deadline(double seconds) { deadline_seconds_.store(seconds, std::memory_order_relaxed); }
  class Patience {
   public:
    explicit Patience(WaitBoard& board) : board_(board) { ++board_.patient_; }
    ~Patience() { --board_.patient_; }
    Patience(const Patience&) = delete;
    Patience& operator=(const Patience&) = delete;

   private:
    WaitBoard& board_;
  };

  // So many seconds have passed since the last look. By one thread, the watchdog.
  void look(double seconds);
  RankState state() const;

 private:
  std::array<WaitMark, kWaitMarks> marks_;
  std::atomic<std::size_t> used_{0};
  std::atomic<std::int64_t> step_{0};
  std::atomic<double> deadline_seconds_{CommunicationOptions{}.deadline_seconds};
  std::atomic<int> patient_{0};
};

// The mark that has waited longest; nothing where none waits.
std::optional<std::size_t> longest_wait(const RankState& state);

}  // namespace ganymede
