#include "distributed/shared_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.hpp"

namespace ganymede {
namespace {

void check(bool success, const char* operation, int code) {
  if (!success) throw CommunicationError(fmt::format("{}: {}", operation, std::strerror(code)));
}

struct stat status_of(int descriptor) {
  struct stat status {};
  check(fstat(descriptor, &status) == 0, "fstat", errno);
  return status;
}

}  // namespace

SharedFile SharedFile::create() {
  constexpr unsigned kNeverRun = 8;  // MFD_NOEXEC_SEAL, since Linux 6.3: some hosts insist on it
  int descriptor = memfd_create("ganymede", MFD_CLOEXEC | kNeverRun);
  if (descriptor < 0 && errno == EINVAL) descriptor = memfd_create("ganymede", MFD_CLOEXEC);
  check(descriptor >= 0, "memfd_create", errno);
  return SharedFile(descriptor);
}

// Ranks of one host may be in containers with processes of their own, whose numbers mean others here.
SharedFile SharedFile::open(const Address& address) {
  const std::string path = fmt::format("/proc/{}/fd/{}", address.process, address.descriptor);
  SharedFile file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  check(file.descriptor_ >= 0, path.c_str(), errno);
  const struct stat status = status_of(file.descriptor_);
  if (status.st_dev != address.device || status.st_ino != address.number)
    throw CommunicationError(path + " is another process's file: the ranks are in different containers");
  return file;
}

SharedFile::~SharedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

SharedFile::SharedFile(SharedFile&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

SharedFile::Address SharedFile::address() const {
  const struct stat status = status_of(descriptor_);
  return {.process = getpid(), .descriptor = descriptor_, .device = status.st_dev, .number = status.st_ino};
}

void SharedFile::reserve(std::size_t offset, std::size_t bytes) const {
  int code = EINTR;
  while (code == EINTR)
    code = posix_fallocate(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes));
  check(code == 0, "posix_fallocate", code);
}

std::shared_ptr<std::byte> SharedFile::map(std::size_t bytes) const {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_, 0);
  check(memory != MAP_FAILED, "mmap", errno);
  return {static_cast<std::byte*>(memory), [bytes](std::byte* begin) { munmap(begin, bytes); }};
}

}  // namespace ganymede
