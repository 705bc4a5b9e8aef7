#include "storage/file_identity.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <ctime>

namespace ganymede {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kTick = kSecond / 10;

std::int64_t nanoseconds(const timespec& time) {
  return kSecond * time.tv_sec + time.tv_nsec;
}

}  // namespace

std::optional<FileIdentity> identify_file(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{.inode = status.st_ino,
                      .bytes = status.st_size,
                      .modified = nanoseconds(status.st_mtim),
                      .changed = nanoseconds(status.st_ctim)};
}

bool is_settled(const FileIdentity& identity) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now) - std::max(identity.modified, identity.changed) > kTick;
}

}  // namespace ganymede
