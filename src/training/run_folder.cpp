#include "training/run_folder.hpp"

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "training/step_name.hpp"

namespace ganymede {

namespace fs = std::filesystem;

fs::path RunFolder::samples(std::int64_t step, const std::string& extension) const {
  return samples() / (name_of_step(step) + extension);
}

fs::path RunFolder::log_of(int rank) const {
  return root_ / "log" / fmt::format("rank_{}.log", rank);
}

ClaimedRun claim_next_run_folder(const std::string& recipe_name, const FolderLockOptions& options) {
  for (int n = 1;; ++n) {
    const fs::path root = fs::path("runs") / fmt::format("{}-{}", recipe_name, n);
    if (fs::exists(root)) continue;
    if (auto lock = FolderLock::of_new_folder(root, options)) return {RunFolder(root), std::move(lock)};
  }
}

ClaimedRun claim_run_folder(const fs::path& root, const FolderLockOptions& options) {
  return {RunFolder(root), std::make_unique<FolderLock>(root, options)};
}

void require_no_run(const RunFolder& run, bool accept_other_files) {
  const fs::path& root = run.root();
  if (fs::exists(run.recipe()))
    throw UserError(
        fmt::format("{}: this run folder exists already; continue that run with --resume, or choose "
                    "another folder with --run",
                    root.string()));
  for (const fs::path& part : {run.checkpoints(), run.metrics()})
    if (fs::exists(part) && !fs::is_empty(part))
      throw UserError(
          fmt::format("{}: there is {} of a run here, but not its recipe.yaml; put that back, or choose "
                      "another folder with --run",
                      root.string(), part.filename().string()));
  if (accept_other_files || !fs::is_directory(root)) return;
  for (const auto& entry : fs::directory_iterator(root))
    if (!entry.path().filename().string().starts_with(FolderLock::kFileName))
      throw UserError(
          fmt::format("{}: this run folder exists already, with {} in it; choose another folder with --run, "
                      "or add --resume to start a run beside it",
                      root.string(), entry.path().filename().string()));
}

void require_run(const RunFolder& run) {
  require(fs::exists(run.recipe()),
          "{}: no run here (it has no recipe.yaml); expected the folder of a training run",
          run.root().string());
}

void require_checkpoint(const RunFolder& run, bool has_one) {
  require(has_one, "{}: no checkpoint yet; train at least until train.checkpoint_every", run.root().string());
}

void open_run_folder_on_root(const RunFolder& run, const std::string& resolved_recipe) try {
  for (const char* part : {"samples", "checkpoints", "log"}) fs::create_directories(run.root() / part);
  for (const fs::path& file : {run.recipe(), run.metrics()}) remove_temporary_files_of(file);
  write_file_atomically(run.recipe(), resolved_recipe);
} catch (const fs::filesystem_error& error) {
  throw_path_error(error.code().value(),
                   fmt::format("{}: cannot make the run folder: {}; choose a writable folder with --run",
                               run.root().string(), error.code().message()));
}

}  // namespace ganymede
