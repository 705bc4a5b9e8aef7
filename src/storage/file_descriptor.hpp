// POSIX file descriptors as values; for the sources of storage/ only.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace ganymede {

// Hands a non-negative result on; otherwise throws UserError, or DiskError, with the path and errno's
// text.
template <typename Result>
Result check_posix(Result result, std::string_view operation, const std::filesystem::path& path) {
  if (result < 0) {
    const int code = errno;
    std::string_view advice;
    if (code == ENOSPC || code == EDQUOT) advice = "; free some space or choose another folder";
    if (code == EACCES || code == EROFS) advice = "; check its permissions or choose another folder";
    throw_path_error(
        code, fmt::format("{}: cannot {} ({}){}", path.string(), operation, std::strerror(code), advice));
  }
  return result;
}

class FileDescriptor {
 public:
  FileDescriptor(const std::filesystem::path& path, int flags, mode_t mode = 0666)
      : descriptor_(check_posix(::open(path.c_str(), flags | O_CLOEXEC, mode), "open", path)) {}
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }

  int get() const { return descriptor_; }

  // Waits until the disk has what was written.
  void sync(const std::filesystem::path& path) const { check_posix(::fsync(descriptor_), "sync", path); }
  // Where something was written: the destructor cannot report that it did not arrive.
  void close(const std::filesystem::path& path) {
    check_posix(::close(std::exchange(descriptor_, -1)), "close", path);
  }

 private:
  int descriptor_;
};

// All of `bytes`, however many calls that takes.
void write_all(const FileDescriptor& output, std::string_view bytes, const std::filesystem::path& path);

}  // namespace ganymede
