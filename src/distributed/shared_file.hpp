// Memory that processes of one host share: a file without a name. It needs no room in /dev/shm, of which a
// container has 64 MB by default, and is gone with the last process that holds it, however that ends.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <memory>

namespace ganymede {

// Failures are CommunicationErrors.
class SharedFile {
 public:
  // How another process of the host finds it; plain bytes, to be sent.
  struct Address {
    pid_t process;
    int descriptor;
    dev_t device;
    ino_t number;
  };

  static SharedFile create();
  // While the process that made it has it open.
  static SharedFile open(const Address& address);
  ~SharedFile();
  SharedFile(SharedFile&& other) noexcept;
  SharedFile& operator=(SharedFile&&) = delete;

  Address address() const;
  // Has the host give this part of the file, zeroed. Nobody may touch memory before: where there is none
  // left, this says so, a write kills the process.
  void reserve(std::size_t offset, std::size_t bytes) const;
  // The file's first bytes as memory, which outlives the descriptor.
  std::shared_ptr<std::byte> map(std::size_t bytes) const;

 private:
  explicit SharedFile(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace ganymede
