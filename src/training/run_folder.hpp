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

// Makes a new run folder holding the resolved recipe. Throws UserError if it exists with something in it, or
// cannot be written.
void create_run_folder_on_root(const RunFolder& run, const std::string& resolved_recipe);

}  // namespace ganymede
