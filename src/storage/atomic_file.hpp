// Files that are either the old or the new version, whatever is killed in between.
// Every failure (read-only, disk full) is a UserError with the path and the system's words.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace ganymede {

class FileDescriptor;

// Writes under a temporary name beside `file`, syncs, renames and syncs the folder.
void write_file_atomically(const std::filesystem::path& file, std::string_view bytes);

// The same for what comes in pieces: without publish() nothing is left, and `file` stays as it was.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& file);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  void publish();  // the last call

 private:
  std::filesystem::path file_, temporary_;
  std::unique_ptr<FileDescriptor> output_;  // null once published
};

// fsync of one file, or of one folder's list of names.
void sync_to_disk(const std::filesystem::path& file_or_folder);

// `<path>.tmp-<host>-<process>`: unique among the processes that may share a file system.
std::filesystem::path temporary_path_beside(const std::filesystem::path& path);
// Whether a file's name is such a one, of any host and process.
bool is_temporary_name(std::string_view name);

}  // namespace ganymede
