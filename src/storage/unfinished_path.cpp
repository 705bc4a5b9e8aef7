#include "storage/unfinished_path.hpp"

#include <signal.h>

#include <mutex>
#include <set>
#include <thread>

namespace ganymede {
namespace {

namespace fs = std::filesystem;

struct UnfinishedPaths {
  std::mutex mutex;
  std::multiset<fs::path> paths;
};

// Never destroyed: the thread that waits for signals outlives main.
UnfinishedPaths& unfinished_paths() {
  static auto& all = *new UnfinishedPaths;
  return all;
}

[[noreturn]] void end_at_one_of(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  // Whoever makes or ends one from now on waits for the end of the process.
  const std::scoped_lock lock(unfinished_paths().mutex);
  constexpr int kMostTries = 3;  // another thread may be writing into a folder
  for (const fs::path& path : unfinished_paths().paths)
    for (int tries = 0; tries < kMostTries; ++tries) {
      std::error_code error;
      fs::remove_all(path, error);
      if (!error) break;
    }
  ::signal(signal, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
  ::raise(signal);
  std::abort();
}

}  // namespace

UnfinishedPath::UnfinishedPath(fs::path path) : path_(fs::absolute(path)) {
  const std::scoped_lock lock(unfinished_paths().mutex);
  unfinished_paths().paths.insert(path_);
}

UnfinishedPath::~UnfinishedPath() {
  auto& [mutex, paths] = unfinished_paths();
  const std::scoped_lock lock(mutex);
  paths.erase(paths.find(path_));
}

void remove_unfinished_at_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGHUP, SIGINT, SIGTERM}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler == SIG_DFL) sigaddset(&signals, signal);
  }
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals] { end_at_one_of(signals); }).detach();
}

}  // namespace ganymede
