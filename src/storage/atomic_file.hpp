// Files that are either the old or the new version, whatever is killed in between.
// A place that cannot be written is a UserError, a disk that is full or fails a DiskError; both have the path
// and the system's words.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storage/unfinished_path.hpp"

namespace ganymede {

class FileDescriptor;

// A file that is written bit by bit, under a temporary name beside its own.
class AtomicFile {
 public:
  explicit AtomicFile(std::filesystem::path file);
  ~AtomicFile();  // without publish() nothing is left of it
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::string_view bytes);
  // Syncs, renames and syncs the folder.
  void publish();

 private:
  std::filesystem::path file_;
  UnfinishedPath temporary_;
  std::unique_ptr<FileDescriptor> output_;  // none once it is published
};

// The same of what is there at once.
void write_file_atomically(const std::filesystem::path& file, std::string_view bytes);

// fsync of one file, or of one folder's list of names.
void sync_to_disk(const std::filesystem::path& file_or_folder);

// `<path>.tmp-<host>-<process>`: unique among the processes that may share a file system.
std::filesystem::path temporary_path_beside(const std::filesystem::path& path);
// Whether a file's name is such a one, of any host and process.
bool is_temporary_name(std::string_view name);
// Those of a path that are this process's own, or that processes of this host left which are dead: others
// cannot be asked whether they live.
std::vector<std::filesystem::path> find_leftovers(const std::filesystem::path& path);
// Those of a file that processes left which were killed as they wrote it. Nobody may be writing it now.
void remove_temporary_files_of(const std::filesystem::path& file);

}  // namespace ganymede
