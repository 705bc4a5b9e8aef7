// Where a run leaves its results. Rank 0 makes the folder; the names inside are fixed here.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "storage/folder_lock.hpp"

namespace ganymede {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path recipe() const { return root_ / "recipe.yaml"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path samples() const { return root_ / "samples"; }
  std::filesystem::path samples(std::int64_t step, const std::string& extension) const;
  std::filesystem::path log_of(int rank) const;

 private:
  std::filesystem::path root_;
};

// A run folder that this process alone may write to, as long as it holds the lock.
struct ClaimedRun {
  RunFolder run{""};
  std::unique_ptr<FolderLock> lock;
};

// Makes the first unused runs/<name>-<n> of the working directory: of several jobs that start at once each
// gets its own. Dropped before anything is written, nothing stays.
ClaimedRun claim_next_run_folder(const std::string& recipe_name, const FolderLockOptions& options = {});

// The same for a folder that the user names. Throws UserError while another process has it.
ClaimedRun claim_run_folder(const std::filesystem::path& root, const FolderLockOptions& options = {});

// Whether a run in this folder may start at its first step. Throws UserError if there is one already, or,
// unless the folder is accepted as it is (--resume), if there is anything in it.
void require_no_run(const RunFolder& run, bool accept_other_files);

// Throws UserError unless a run has been started in this folder.
void require_run(const RunFolder& run);
// Throws UserError that says when there will be one, unless there is.
void require_checkpoint(const RunFolder& run, bool has_one);

// Makes the folder of a new run, or of one that goes on, and leaves the resolved recipe in it. Throws
// UserError or DiskError if it cannot be written.
void open_run_folder_on_root(const RunFolder& run, const std::string& resolved_recipe);

}  // namespace ganymede
