#include "storage/pending_folder.hpp"

#include <string>
#include <system_error>

#include "storage/atomic_file.hpp"
#include "storage/file_descriptor.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

void require_success(const std::error_code& error, std::string_view operation, const fs::path& path) {
  if (error)
    throw_path_error(error.value(), fmt::format("{}: cannot {} ({}); choose another folder", path.string(),
                                                operation, error.message()));
}

void require_absent(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  require(!fs::exists(status), "{} exists already; choose another name or remove it", path.string());
}

// The absolute path without a trailing slash, so that its file name is the folder's.
fs::path plain_path(const fs::path& path) {
  require(!path.empty(), "the folder to write has an empty name; give a path");
  const fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

// How many of the folder and those above it are missing.
int count_missing(fs::path folder) {
  int missing = 0;
  for (std::error_code error; !fs::exists(folder, error) && folder.has_relative_path(); ++missing)
    folder = folder.parent_path();
  return missing;
}

}  // namespace

PendingFolder::PendingFolder(const fs::path& final_path) : final_(plain_path(final_path)) {
  require_absent(final_);
  std::error_code error;
  made_parents_ = count_missing(final_.parent_path());
  fs::create_directories(final_.parent_path(), error);
  require_success(error, "make the folder", final_.parent_path());
  const fs::path temporary = temporary_path_beside(final_);
  for (const fs::path& leftover : find_leftovers(final_)) {
    fs::remove_all(leftover, error);
    require_success(error, "remove the leftover", leftover);
  }
  temporary_ = std::make_unique<UnfinishedPath>(temporary);
  fs::create_directory(temporary, error);
  require_success(error, "make the folder", final_);
}

PendingFolder::~PendingFolder() {
  if (!temporary_) return;
  std::error_code ignored;
  fs::remove_all(temporary_->path(), ignored);
  fs::path parent = final_.parent_path();
  for (int i = 0; i < made_parents_; ++i, parent = parent.parent_path())
    if (!fs::remove(parent, ignored)) return;  // somebody else has put something there
}

PendingFolder::PendingFolder(PendingFolder&& other) noexcept {
  *this = std::move(other);
}

PendingFolder& PendingFolder::operator=(PendingFolder&& other) noexcept {
  final_.swap(other.final_);
  temporary_.swap(other.temporary_);
  std::swap(made_parents_, other.made_parents_);
  return *this;
}

void PendingFolder::publish() {
  ensure(temporary_ != nullptr, "a pending folder is published once");
  for (const auto& entry : fs::recursive_directory_iterator(temporary_->path()))
    if (entry.is_regular_file() || entry.is_directory()) sync_to_disk(entry.path());
  sync_to_disk(temporary_->path());
  // rename() would silently replace an empty folder.
  require_absent(final_);
  check_posix(::rename(temporary_->path().c_str(), final_.c_str()), "publish the folder", final_);
  temporary_.reset();
  sync_to_disk(final_.parent_path());
}

}  // namespace ganymede
