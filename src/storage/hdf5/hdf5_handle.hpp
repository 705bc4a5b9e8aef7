// HDF5's C interface made safe: handles that close themselves, one check, one lock. For the sources of
// storage/ only.
#pragma once

#include <hdf5.h>

#include <filesystem>
#include <mutex>
#include <source_location>
#include <string>
#include <string_view>

namespace ganymede {

// Held during every call into HDF5: many clusters build the library without thread safety, and loader
// threads read while the main thread writes. It also silences the library's own printing, a setting that a
// thread-safe build keeps per thread.
class Hdf5Lock {
 public:
  Hdf5Lock();

 private:
  std::scoped_lock<std::mutex> lock_;
};

// What failed where: a reader's failures are the file's fault (DataError), a writer's the place's
// (UserError), unless the disk is full or fails (DiskError).
struct Hdf5Place {
  const std::filesystem::path& file;
  std::string_view name;  // dataset, group or attribute; may be empty
  bool writing = false;
};

[[noreturn]] void throw_hdf5_error(const Hdf5Place& place, std::string_view operation,
                                   std::source_location where);

// Hands a non-negative result on; otherwise throws with HDF5's innermost message.
template <typename Result>
Result check_hdf5(Result result, const Hdf5Place& place, std::string_view operation,
                  std::source_location where = std::source_location::current()) {
  if (result < 0) throw_hdf5_error(place, operation, where);
  return result;
}

// One HDF5 identifier of any kind.
class Hdf5Handle {
 public:
  Hdf5Handle() = default;
  explicit Hdf5Handle(hid_t id) : id_(id) {}
  ~Hdf5Handle() {
    if (id_ > 0) H5Idec_ref(id_);
  }
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }

  hid_t get() const { return id_; }

 private:
  hid_t id_ = 0;
};

}  // namespace ganymede
