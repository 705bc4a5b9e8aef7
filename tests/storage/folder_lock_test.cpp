#include "storage/folder_lock.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// As if this process ran on another host, where nobody here can ask whether it lives.
ProcessIdentity elsewhere(std::int64_t pid = 1) {
  return {.host = "elsewhere", .table = "another", .pid = pid, .started = 1};
}
FolderLockOptions quick(ProcessIdentity identity = own_identity()) {
  return {.beat = 20ms, .stale = 400ms, .on_lost = {}, .identity = std::move(identity)};
}

// The lock of a process that is gone: killed, or a host that fell.
void leave_lock(const fs::path& folder, const ProcessIdentity& owner) {
  fs::create_directories(folder);
  write_text(folder / FolderLock::kFileName, to_text(make_claim(owner)));
}

class FolderLocking : public testing::Test {
 protected:
  const TemporaryFolder temporary_;
  const fs::path folder_ = temporary_ / "run";
  const fs::path file_ = folder_ / FolderLock::kFileName;
};

TEST_F(FolderLocking, NamesTheOwnerToTheSecond) {
  const FolderLock first(folder_);
  expect_error<UserError>([&] { FolderLock second(folder_); },
                          {folder_.string(), "host " + own_identity().host, fmt::format("pid {}", getpid()),
                           "since 20", "--run"});
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1) << "the lock alone";
}

TEST_F(FolderLocking, GivesTheLockBackAndLeavesNoFolderBehind) {
  { const FolderLock lock(folder_ / "deep" / "deeper/"); }
  EXPECT_FALSE(fs::exists(folder_));
  {
    const FolderLock lock(folder_);
    write_text(folder_ / "result", "x");
  }
  EXPECT_TRUE(fs::exists(folder_ / "result"));
  EXPECT_FALSE(fs::exists(file_));
  const FolderLock again(folder_);
}

TEST_F(FolderLocking, OfANewFolderOnly) {
  {
    const auto lock = FolderLock::of_new_folder(folder_);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(FolderLock::of_new_folder(folder_));
    EXPECT_TRUE(fs::exists(file_));
  }
  fs::create_directory(folder_);
  EXPECT_FALSE(FolderLock::of_new_folder(folder_));
  EXPECT_TRUE(fs::exists(folder_)) << "it is somebody's";
}

TEST_F(FolderLocking, APlaceThatIsNoFolderIsNamed) {
  write_text(temporary_ / "file", "");
  expect_error<UserError>([&] { FolderLock lock(temporary_ / "file"); }, {"file", "no folder", "--run"});
  expect_error<UserError>([&] { FolderLock lock(temporary_ / "file" / "run"); }, {"file/run", "--run"});
  expect_error<UserError>([&] { FolderLock lock(temporary_ / std::string(256, 'x')); },
                          {"File name too long"});
}

// A real one, killed: nothing of it runs that could give the lock back.
TEST_F(FolderLocking, AKilledOwnerOfThisHostDoesNotKeepIt) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const FolderLock lock(folder_);
    char one = 1;
    if (::write(ready[1], &one, 1) != 1) _exit(1);
    pause();
  }
  char one = 0;
  ASSERT_EQ(::read(ready[0], &one, 1), 1);
  expect_error<UserError>([&] { FolderLock lock(folder_); }, {fmt::format("pid {}", child)});
  kill(child, SIGKILL);
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT);  // a zombie now
  { const FolderLock lock(folder_); }
  waitpid(child, nullptr, 0);
  const FolderLock lock(folder_);
  close(ready[0]);
  close(ready[1]);
}

TEST_F(FolderLocking, AnotherProcessWithTheOwnersNumberIsNotTheOwner) {
  ProcessIdentity before = own_identity();
  before.started -= 1;
  leave_lock(folder_, before);
  const FolderLock lock(folder_);
}

TEST_F(FolderLocking, AnOwnerElsewhereIsKnownByItsBeats) {
  const FolderLock first(folder_, quick(elsewhere()));
  const auto begin = std::chrono::steady_clock::now();
  expect_error<UserError>([&] { FolderLock second(folder_, quick()); }, {"host elsewhere, pid 1"});
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 300ms) << "a beat is enough";
}

TEST_F(FolderLocking, ADeadOwnerElsewhereLosesItOnceItsBeatsAreLate) {
  leave_lock(folder_, elsewhere());
  const auto begin = std::chrono::steady_clock::now();
  { const FolderLock lock(folder_, quick()); }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 400ms);
}

TEST_F(FolderLocking, ALongDeadOwnerElsewhereIsNotWaitedFor) {
  leave_lock(folder_, elsewhere());
  fs::last_write_time(file_, fs::file_time_type::clock::now() - 5min);
  const auto begin = std::chrono::steady_clock::now();
  const FolderLock lock(folder_);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
}

// A clock that was wrong when the owner wrote: nothing but the beats counts.
TEST_F(FolderLocking, ALockFromTheFutureIsJudgedByItsBeats) {
  leave_lock(folder_, elsewhere());
  fs::last_write_time(file_, fs::file_time_type::clock::now() + 24h);
  { const FolderLock lock(folder_, quick()); }
  const FolderLock beating(folder_, quick(elsewhere()));
  fs::last_write_time(file_, fs::file_time_type::clock::now() + 24h);
  expect_error<UserError>([&] { FolderLock second(folder_, quick()); }, {"host elsewhere"});
}

TEST_F(FolderLocking, ADamagedLockDoesNotStayForEver) {
  fs::create_directory(folder_);
  for (const char* text : {"", "{\"host\": \"a\"", "[1]", "{\"host\": 3, \"token\": 4}"}) {
    write_text(file_, text);
    const FolderLock lock(folder_, quick());
    EXPECT_EQ(read_claim(file_)->owner, own_identity()) << text;
  }
}

// Suspended for longer than others wait: it must not go on writing beside its successor.
TEST_F(FolderLocking, AnOwnerThatLostItIsTold) {
  std::atomic<bool> told = false;
  std::string message;
  FolderLockOptions options = quick();
  options.on_lost = [&](const std::string& text) {
    message = text;
    told = true;
  };
  const FolderLock lock(folder_, options);
  leave_lock(folder_, elsewhere(77));
  for (int i = 0; i < 500 && !told; ++i) std::this_thread::sleep_for(10ms);
  ASSERT_TRUE(told);
  EXPECT_NE(message.find("host elsewhere, pid 77"), std::string::npos) << message;
}

TEST_F(FolderLocking, ALockThatWasRemovedByHandComesBack) {
  const FolderLock lock(folder_, quick());
  fs::remove(file_);
  for (int i = 0; i < 500 && !fs::exists(file_); ++i) std::this_thread::sleep_for(10ms);
  expect_error<UserError>([&] { FolderLock second(folder_, quick()); }, {"another process"});
}

// Whoever comes, after whatever was left: one at a time is in.
void race(const fs::path& folder, const std::function<void()>& leave) {
  constexpr int kThreads = 8, kTurns = 10;
  for (int turn = 0; turn < kTurns; ++turn) {
    leave();
    std::atomic<int> inside = 0, most = 0, entered = 0, refused = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i)
        threads.emplace_back([&] {
          try {
            const FolderLock lock(folder);
            const int now = ++inside;
            if (now > most) most = now;
            std::this_thread::sleep_for(3ms);
            --inside;
            ++entered;
          } catch (const UserError&) {
            ++refused;
          }
        });
    }
    EXPECT_EQ(most, 1);
    EXPECT_GE(entered, 1);
    EXPECT_EQ(entered + refused, kThreads);
  }
  EXPECT_FALSE(fs::exists(folder / FolderLock::kFileName));
}

TEST_F(FolderLocking, ThreadsRaceForAFreeFolder) {
  race(folder_, [] {});
}
TEST_F(FolderLocking, ThreadsRaceForADeadOwnersFolder) {
  race(folder_, [&] {
    ProcessIdentity dead = own_identity();
    dead.started -= 1;
    leave_lock(folder_, dead);
  });
}
TEST_F(FolderLocking, ThreadsRaceAfterOneDiedInTheMiddleOfATakeover) {
  race(folder_, [&] {
    ProcessIdentity dead = own_identity();
    dead.started -= 1;
    leave_lock(folder_, dead);
    write_text(fs::path(file_).concat(".takeover"), to_text(make_claim(dead)));
  });
}

TEST_F(FolderLocking, ProcessesRace) {
  constexpr int kProcesses = 6;
  ProcessIdentity dead = own_identity();
  dead.started -= 1;
  leave_lock(folder_, dead);
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      try {
        const FolderLock lock(folder_);
        std::this_thread::sleep_for(1s);
        _exit(0);  // without giving it back
      } catch (const UserError&) {
        _exit(2);
      }
    }
    children.push_back(child);
  }
  int got_it = 0;
  for (const pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    got_it += WEXITSTATUS(status) == 0 ? 1 : 0;
  }
  EXPECT_EQ(got_it, 1);
}

}  // namespace
}  // namespace ganymede
