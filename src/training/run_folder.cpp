#include "training/run_folder.hpp"

#include "base/error.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {

namespace fs = std::filesystem;

fs::path RunFolder::sample_grid(std::int64_t step) const {
  return root_ / "samples" / fmt::format("step_{:08}.png", step);
}

fs::path RunFolder::log_of(int rank) const {
  return root_ / "log" / fmt::format("rank_{}.log", rank);
}

RunFolder next_run_folder(const std::string& recipe_name) {
  for (int n = 1;; ++n) {
    RunFolder run(fs::path("runs") / fmt::format("{}-{}", recipe_name, n));
    if (!fs::exists(run.root())) return run;
  }
}

void require_new_run_folder(const RunFolder& run) {
  if (fs::exists(run.root()) && !(fs::is_directory(run.root()) && fs::is_empty(run.root())))
    throw UserError(
        fmt::format("{}: this run folder exists already; continue that run with --resume, or choose "
                    "another folder with --run",
                    run.root().string()));
}

void open_run_folder_on_root(const RunFolder& run, const std::string& resolved_recipe) try {
  for (const char* part : {"samples", "checkpoints", "log"}) fs::create_directories(run.root() / part);
  write_file_atomically(run.recipe(), resolved_recipe);
} catch (const fs::filesystem_error& error) {
  throw UserError(fmt::format("{}: cannot make the run folder: {}; choose a writable folder with --run",
                              run.root().string(), error.code().message()));
}

}  // namespace ganymede
