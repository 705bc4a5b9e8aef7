#include "tests/support/mpi_tests.hpp"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "base/error.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "tests/support/mpi_environment.hpp"

namespace ganymede {
namespace {

constexpr auto kLongestTest = std::chrono::seconds(300);

Communicator* world_communicator = nullptr;
Communicator* message_communicator = nullptr;

// A thread that aborts the job when a test takes too long.
class TimeLimit : public testing::EmptyTestEventListener {
 public:
  TimeLimit() : thread_([this] { watch(); }) {}
  ~TimeLimit() override {
    tell([this] { stopping_ = true; });
    thread_.join();
  }

  void OnTestStart(const testing::TestInfo& test) override {
    tell([&] { running_ = std::string(test.test_suite_name()) + "." + test.name(), ++turn_; });
  }
  void OnTestEnd(const testing::TestInfo&) override {
    tell([&] { running_.clear(), ++turn_; });
  }

 private:
  template <typename Change>
  void tell(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_one();
  }

  void watch() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      const int turn = turn_;
      if (changed_.wait_for(lock, kLongestTest, [&] { return turn_ != turn || stopping_; }) ||
          running_.empty())
        continue;
      std::fputs(fmt::format("rank {}: {} hangs\n", world_communicator->rank(), running_).c_str(), stderr);
      abort_job(1);
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::string running_;
  int turn_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

// On ranks other than 0: failures only.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fputs(
        fmt::format("rank {}: {}:{}: {}\n", world_communicator->rank(),
                    result.file_name() ? result.file_name() : "?", result.line_number(), result.message())
            .c_str(),
        stderr);
  }
};

}  // namespace

Communicator& world() {
  return *world_communicator;
}

Communicator& over_messages() {
  return *message_communicator;
}

int run_mpi_tests(int argc, char** argv) {
  MpiSession session(argc, argv,
                     [](const std::string& message) { std::fputs((message + "\n").c_str(), stderr); });
  const auto communicator = session.make_communicator(), messages = session.make_communicator();
  communicator->configure({});
  messages->configure({.node_sharing = NodeSharing::off});
  world_communicator = communicator.get();
  message_communicator = messages.get();
  if (communicator->rank() != 0) GTEST_FLAG_SET(output, "");  // a report has each test once
  testing::InitGoogleTest(&argc, argv);
  at::set_num_threads(1);

  auto& listeners = testing::UnitTest::GetInstance()->listeners();
  if (communicator->rank() != 0) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  auto* time_limit = new TimeLimit;
  listeners.Append(time_limit);

  const int failed = RUN_ALL_TESTS();
  const at::Tensor failures = at::full({1}, failed, at::kLong);
  communicator->all_reduce_sum_(failures);
  delete listeners.Release(time_limit);
  return failures.item<std::int64_t>() == 0 ? 0 : 1;
}

}  // namespace ganymede
