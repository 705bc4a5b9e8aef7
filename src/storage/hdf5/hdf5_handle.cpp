#include "storage/hdf5/hdf5_handle.hpp"

#include <charconv>

#include "base/error.hpp"

namespace ganymede {
namespace {

// The library is one per process, and so is its lock.
std::mutex& library_mutex() {
  static std::mutex mutex;
  // Our files are closed by their owners. HDF5's own clean-up at exit crashes on a file that could not be
  // closed since the disk was full (seen with 1.10.8), which would hide the exit code.
  [[maybe_unused]] static const herr_t no_cleanup_at_exit = H5dont_atexit();
  // A file names the filters that it needs, which HDF5 would look for among libraries to load.
  [[maybe_unused]] static const herr_t no_plugins = H5PLset_loading_state(0);
  return mutex;
}

std::string innermost_message() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* out) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(out) = error->desc;
        return 0;
      },
      &message);
  H5Eclear2(H5E_DEFAULT);
  std::erase(message, '\n');  // behind the time at which a system call failed
  return message.empty() ? "HDF5 gave no reason" : message;
}

// HDF5 gives the system's error number among its words, "... errno = 28, error message = ..."; 0 if there is
// none.
int system_error_in(std::string_view message) {
  constexpr std::string_view kBefore = "errno = ";
  const std::size_t found = message.find(kBefore);
  int code = 0;
  if (found != std::string_view::npos)
    std::from_chars(message.data() + found + kBefore.size(), message.data() + message.size(), code);
  return code;
}

}  // namespace

Hdf5Lock::Hdf5Lock() : lock_(library_mutex()) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

void throw_hdf5_error(const Hdf5Place& place, std::string_view operation, std::source_location where) {
  const std::string subject = place.name.empty() ? "" : fmt::format(" '{}'", place.name);
  const std::string reason = innermost_message();
  const std::string message =
      fmt::format("{}: cannot {}{} (HDF5: {}; {}:{})", place.file.string(), operation, subject, reason,
                  std::filesystem::path(where.file_name()).filename().string(), where.line());
  if (is_of_the_disk(system_error_in(reason))) throw DiskError(message);
  if (place.writing) throw UserError(message);
  throw DataError(message);
}

}  // namespace ganymede
