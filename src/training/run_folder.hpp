// Where a run leaves its results. Rank 0 makes the folder; the names inside are fixed here.
#pragma once

#include <filesystem>
#include <string>

namespace ganymede {

class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path root) : root_(std::move(root)) {}

  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path recipe() const { return root_ / "recipe.yaml"; }
  std::filesystem::path metrics() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path sample_grid(std::int64_t step) const;
  std::filesystem::path log_of(int rank) const;

 private:
  std::filesystem::path root_;
};

// The first unused runs/<name>-<n> of the working directory.
RunFolder next_run_folder(const std::string& recipe_name);

// Throws UserError if there is something in the folder already.
void require_new_run_folder(const RunFolder& run);

// Makes the folder of a new run, or of one that goes on, and leaves the resolved recipe in it. Throws
// UserError if it cannot be written.
void open_run_folder_on_root(const RunFolder& run, const std::string& resolved_recipe);

}  // namespace ganymede
