// A disk that fails: in the test program write(), fsync(), close() and rename() are those of faulty_disk.cpp,
// which ask the innermost FaultyDisk of the calling thread before they do their work.
#pragma once

#include <cstdint>
#include <limits>

namespace ganymede {

class FaultyDisk {
 public:
  // From now on the disk takes so many bytes and then says that it is full.
  static FaultyDisk of_bytes(std::int64_t bytes) { return {bytes, std::numeric_limits<int>::max()}; }
  // The call after so many others fails with an input/output error, those after it do their work.
  static FaultyDisk with_failing_call(int call) { return {std::numeric_limits<std::int64_t>::max(), call}; }
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  bool has_failed() const { return has_failed_; }

  // For the calls: whether this one fails; how many bytes of `wanted` it takes, -1 if none.
  bool next_call_fails();
  std::int64_t take(std::int64_t wanted);

 private:
  FaultyDisk(std::int64_t bytes, int failing_call);

  FaultyDisk* outer_;
  std::int64_t bytes_left_;
  int calls_left_;
  bool has_failed_ = false;
};

}  // namespace ganymede
