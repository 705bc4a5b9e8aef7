// A disk that fails: in the test program write(), fsync(), close() and rename() are those of faulty_disk.cpp,
// which ask the innermost FaultyDisk of the calling thread before they do their work.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace ganymede {

class FaultyDisk {
 public:
  // From now on the disk takes so many bytes and then says that it is full.
  static FaultyDisk of_bytes(std::int64_t bytes) { return {bytes, std::numeric_limits<int>::max()}; }
  // The call after so many others fails with an input/output error, those after it do their work.
  static FaultyDisk with_failing_call(int call) { return {std::numeric_limits<std::int64_t>::max(), call}; }
  // It does all its work and remembers what was asked of it: "fsync <path>", "rename <from>".
  static FaultyDisk that_records() { return with_failing_call(std::numeric_limits<int>::max()); }
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  bool has_failed() const { return has_failed_; }
  const std::vector<std::string>& calls() const { return calls_; }

  // For the calls: whether this one fails; how many bytes of `wanted` it takes, -1 if none.
  bool next_call_fails();
  std::int64_t take(std::int64_t wanted);
  void record(std::string call) { calls_.push_back(std::move(call)); }

 private:
  FaultyDisk(std::int64_t bytes, int failing_call);

  FaultyDisk* outer_;
  std::int64_t bytes_left_;
  int calls_left_;
  bool has_failed_ = false;
  std::vector<std::string> calls_;
};

}  // namespace ganymede
