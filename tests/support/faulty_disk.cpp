#include "tests/support/faulty_disk.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace ganymede {
namespace {

thread_local FaultyDisk* innermost = nullptr;

bool fails() {
  if (!innermost || !innermost->next_call_fails()) return false;
  errno = EIO;
  return true;
}

}  // namespace

FaultyDisk::FaultyDisk(std::int64_t bytes, int failing_call)
    : outer_(innermost), bytes_left_(bytes), calls_left_(failing_call) {
  innermost = this;
}

FaultyDisk::~FaultyDisk() {
  innermost = outer_;
}

bool FaultyDisk::next_call_fails() {
  if (calls_left_-- != 0) return false;
  return has_failed_ = true;
}

std::int64_t FaultyDisk::take(std::int64_t wanted) {
  const std::int64_t taken = std::min(wanted, bytes_left_);
  bytes_left_ -= taken;
  if (taken > 0 || wanted == 0) return taken;
  has_failed_ = true;
  return -1;
}

}  // namespace ganymede

extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  if (ganymede::fails()) return -1;
  if (ganymede::innermost) {
    const auto taken = ganymede::innermost->take(static_cast<std::int64_t>(count));
    if (taken < 0) {
      errno = ENOSPC;
      return -1;
    }
    count = static_cast<size_t>(taken);
  }
  return syscall(SYS_write, file, bytes, count);
}

int fsync(int file) {
  if (ganymede::innermost)
    ganymede::innermost->record(
        "fsync " + std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file)).string());
  return ganymede::fails() ? -1 : static_cast<int>(syscall(SYS_fsync, file));
}

// A failing close closes all the same.
int close(int file) {
  const bool failing = ganymede::fails();
  const auto result = static_cast<int>(syscall(SYS_close, file));
  if (!failing) return result;
  errno = EIO;
  return -1;
}

int rename(const char* from, const char* to) noexcept {
  if (ganymede::innermost) ganymede::innermost->record(std::string("rename ") + from);
  return ganymede::fails() ? -1 : static_cast<int>(syscall(SYS_rename, from, to));
}

}  // extern "C"
