#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <new>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "distributed/shared_file.hpp"
#include "distributed/shared_gate.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/thread.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kBytes = 3 * 4096;

TEST(SharedFiles, AreFoundByAnotherProcess) {
  const SharedFile file = SharedFile::create();
  file.reserve(0, kBytes);
  const auto memory = file.map(kBytes);
  EXPECT_EQ(memory.get()[kBytes - 1], std::byte{0});
  memory.get()[5] = std::byte{7};
  const SharedFile::Address address = file.address();
  const pid_t child = fork();
  if (child == 0) {
    const auto seen = SharedFile::open(address).map(kBytes);
    seen.get()[kBytes - 1] = seen.get()[5];
    _exit(0);
  }
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(memory.get()[kBytes - 1], std::byte{7});
}

TEST(SharedFiles, OfTheWrongProcessAreRefused) {
  const SharedFile file = SharedFile::create();
  SharedFile::Address address = file.address();
  address.number += 1;
  expect_error<CommunicationError>([&] { SharedFile::open(address); }, {"another process's file"});
  address.process = 1 << 30;
  expect_error<CommunicationError>([&] { SharedFile::open(address); }, {"/proc/1073741824/fd/"});
}

// Without room the process learns it here; writing to memory that is not there would kill it.
TEST(SharedFiles, SayWhenThereIsNoRoom) {
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto signal_before = signal(SIGXFSZ, SIG_IGN);
  const rlimit little{.rlim_cur = 4096, .rlim_max = before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &little);
  expect_error<CommunicationError>([] { SharedFile::create().reserve(0, kBytes); },
                                   {"posix_fallocate: File too large"});
  setrlimit(RLIMIT_FSIZE, &before);
  signal(SIGXFSZ, signal_before);
}

#ifdef GANYMEDE_SANITIZER_thread  // three modes of three generations a turn: a million
constexpr int kMostTurns = 111'112;
constexpr std::chrono::minutes kLongest(5);
#else  // as many turns as a second has on a busy machine
constexpr int kMostTurns = 100'000;
constexpr std::chrono::milliseconds kLongest(700);
#endif

// Each thread writes its turn and, behind the gate, reads that of all.
TEST(SharedGates, LetNobodyThroughBeforeAllHaveCome) {
  constexpr int kThreads = 3;
  for (const Waiting waiting : {Waiting::eager, Waiting::yielding, Waiting::polite}) {
    SharedGate gate;
    const WaitingMode mode = waiting;
    std::array<int, kThreads> turns{};  // neither is atomic: the gate orders them
    bool last = false;
    std::atomic<int> wrong = 0;
    const auto begin = std::chrono::steady_clock::now();
    const auto take_turns = [&](int me) {
      for (int turn = 1; !last; ++turn) {
        turns[static_cast<std::size_t>(me)] = turn;
        gate.pass(me, kThreads, mode);
        for (const int other : turns) wrong += other == turn ? 0 : 1;
        gate.pass(me, kThreads, mode);
        if (me == 0) last = turn == kMostTurns || std::chrono::steady_clock::now() - begin > kLongest;
        gate.pass(me, kThreads, mode);
      }
    };
    {
      std::vector<std::jthread> threads;
      for (int me = 0; me < kThreads; ++me) threads.emplace_back(take_turns, me);
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(turns[0], 1);
  }
}

// A core that it does not use is another's.
TEST(SharedGates, LetWhoWaitsSleepUntilAnotherProcessComes) {
  using namespace std::chrono_literals;
  const SharedFile file = SharedFile::create();
  file.reserve(0, sizeof(SharedGate));
  const auto memory = file.map(sizeof(SharedGate));
  auto* const gate = new (memory.get()) SharedGate;
  const WaitingMode mode = Waiting::eager;
  const pid_t late = fork();
  if (late == 0) {
    std::this_thread::sleep_for(300ms);
    gate->pass(1, 2, mode);
    _exit(0);
  }
  const auto begin = std::chrono::steady_clock::now();
  const auto used_before = time_used();
  gate->pass(0, 2, mode);
  EXPECT_GT(std::chrono::steady_clock::now() - begin, 200ms);
  EXPECT_LT(time_used() - used_before, 50ms);
  int status = 1;
  waitpid(late, &status, 0);
  EXPECT_EQ(status, 0);
}

bool may_use(std::size_t core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  return sched_getaffinity(0, sizeof cores, &cores) == 0 && CPU_ISSET(core, &cores);
}

bool may_use_within(std::size_t core, std::chrono::milliseconds time) {
  for (const auto end = std::chrono::steady_clock::now() + time; std::chrono::steady_clock::now() < end;)
    if (may_use(core)) return true;
  return false;
}

// Of two processes at a gate, one shares its core with a third, which would have it half of the time.
// Displaced, the other keeps to that core, too, which an exchange leaves behind where it meets one that goes
// back.
void expect_exchange(bool displaced) {
  using namespace std::chrono_literals;
  std::vector<std::size_t> usable;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core)
    if (may_use(core)) usable.push_back(core);
  if (usable.size() < 2) GTEST_SKIP() << "one core";
  const std::size_t core = usable[0], busy_core = usable[1];
  const SharedFile file = SharedFile::create();
  file.reserve(0, sizeof(SharedGate));
  const auto memory = file.map(sizeof(SharedGate));
  auto* const gate = new (memory.get()) SharedGate;
  const WaitingMode mode = Waiting::eager;
  constexpr int kTurns = 3;  // by when nobody is late
  const auto pass_slowly = [&](int me, std::size_t own) {
    bool is_back = false;
    for (int turn = 0; turn < kTurns; ++turn) {
      std::this_thread::sleep_for(300ms);
      gate->pass(me, 2, mode);
      is_back |= may_use(own);
    }
    return is_back;
  };
  const pid_t other = fork();
  if (other == 0) {
    keep_to(busy_core);
    may_use_within(CPU_SETSIZE - 1, 60s);
    _exit(0);
  }
  const pid_t late = fork();
  if (late == 0) {
    keep_to(busy_core);
    gate->pass(1, 2, mode);
    const bool was_moved = may_use_within(core, 20s);
    gate->pass(1, 2, mode);
    const bool is_back = pass_slowly(1, busy_core);
    _exit(was_moved && is_back ? 0 : 1);
  }
  bool is_back = false;
  std::jthread([&] {  // a thread's cores end with it
    keep_to(core);
    gate->pass(0, 2, mode);
    if (displaced) keep_to(busy_core);
    gate->pass(0, 2, mode);
    is_back = pass_slowly(0, core);
  })
      .join();
  EXPECT_TRUE(is_back);
  int status = 1;
  waitpid(late, &status, 0);
  EXPECT_EQ(status, 0);
  kill(other, SIGKILL);
  waitpid(other, &status, 0);
}

TEST(SharedGates, ExchangeTheCoreOfWhoWaitsForThatOfWhoIsLate) {
  expect_exchange(/*displaced=*/false);
}
TEST(SharedGates, ExchangeThemAlsoWhereBothKeepToOne) {
  expect_exchange(/*displaced=*/true);
}

}  // namespace
}  // namespace ganymede
