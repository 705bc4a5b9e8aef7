#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.hpp"
#include "reporting/metrics_log.hpp"
#include "reporting/progress.hpp"
#include "reporting/sample_grid.hpp"
#include "reporting/sample_picture.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/run_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

TEST(RunFolders, AreMadeOnceAndNeverOverwritten) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path() / "runs" / "first");
  require_no_run(run, /*accept_other_files=*/false);
  open_run_folder_on_root(run, "name: x\n");
  EXPECT_TRUE(fs::is_regular_file(run.recipe()));
  for (const bool resumes : {false, true})
    expect_error<UserError>([&] { require_no_run(run, resumes); },
                            {"first", "exists already", "--resume", "--run"});
  // A process that was killed in between leaves the folder without its recipe; a run that has lost it has
  // checkpoints.
  fs::remove(run.recipe());
  require_no_run(run, true);
  fs::create_directory(run.checkpoints() / "step_00000001");
  expect_error<UserError>([&] { require_no_run(run, true); }, {"checkpoints", "recipe.yaml"});
}

TEST(RunFolders, OthersFilesAreNoRun) {
  const TemporaryFolder folder;
  const RunFolder run(folder.path());
  require_no_run(run, false);
  write_text(run.root() / "run.lock.17", "left by a process that was killed as it started");
  require_no_run(run, false);
  write_text(run.root() / "slurm-1.out", "");
  expect_error<UserError>([&] { require_no_run(run, false); }, {"slurm-1.out", "--resume to start", "--run"});
  require_no_run(run, true);
}

TEST(RunFolders, JobsThatStartAtOnceGetFoldersOfTheirOwn) {
  const TemporaryFolder folder;
  const fs::path before = fs::current_path();
  fs::current_path(folder.path());
  constexpr int kJobs = 8;
  std::vector<ClaimedRun> claimed(kJobs);
  {
    std::vector<std::jthread> jobs;
    for (ClaimedRun& job : claimed) jobs.emplace_back([&] { job = claim_next_run_folder("mlp"); });
  }
  std::set<fs::path> roots;
  for (const ClaimedRun& job : claimed) roots.insert(job.run.root());
  EXPECT_EQ(roots.size(), kJobs);
  open_run_folder_on_root(RunFolder("runs/mlp-3"), "name: x\n");
  claimed.clear();
  EXPECT_EQ(std::distance(fs::directory_iterator("runs"), {}), 1) << "those that wrote nothing leave nothing";
  EXPECT_TRUE(fs::exists("runs/mlp-3/recipe.yaml"));
  fs::current_path(before);
}

TEST(RunFolders, APlaceThatCannotBeWrittenIsNamed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "file") << "x";
  expect_error<UserError>([&] { open_run_folder_on_root(RunFolder(folder.path() / "file" / "run"), ""); },
                          {"file/run", "writable", "--run"});
}

}  // namespace
}  // namespace ganymede
