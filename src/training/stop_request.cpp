#include "training/stop_request.hpp"

#include <csignal>
#include <ctime>

#include <array>
#include <atomic>
#include <cerrno>

namespace ganymede {
namespace {

constexpr std::int64_t kTogetherNanoseconds = 1'000'000'000;

volatile std::sig_atomic_t requested = 0;
std::array<std::atomic<std::int64_t>, NSIG> first_at{};  // [signal], nanoseconds; 0: has not come
static_assert(std::atomic<std::int64_t>::is_always_lock_free);

std::int64_t nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void on_signal(int signal) {
  const int error_of_interrupted_call = errno;
  const std::int64_t now = nanoseconds();
  std::int64_t first = 0;
  requested = 1;
  if (!first_at[static_cast<std::size_t>(signal)].compare_exchange_strong(first, now) &&
      now - first > kTogetherNanoseconds) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);  // arrives when this function returns
  }
  errno = error_of_interrupted_call;
}

}  // namespace

StopRequested::StopRequested()
    : Error("stopped on request before the first step; the same command starts again",
            ExitCode::stopped_on_request) {}

void catch_stop_signals() {
  struct sigaction before {};
  sigaction(SIGHUP, nullptr, &before);
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGQUIT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
  if (before.sa_handler != SIG_IGN) sigaction(SIGHUP, &action, nullptr);
}

bool stop_requested() {
  return requested != 0;
}

void end_if_stop_requested() {
  if (stop_requested()) throw StopRequested();
}

}  // namespace ganymede
