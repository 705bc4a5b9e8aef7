#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/metrics.hpp"
#include "training/progress.hpp"
#include "training/run_folder.hpp"
#include "training/sample_grid.hpp"
#include "training/sample_picture.hpp"

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

TEST(MetricsLogs, DropLinesAfterTheResumedStepAndKeepTheRest) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "metrics.jsonl";
  {
    MetricsLog log(file, 0);
    for (const int step : {10, 20, 30}) log.write({.step = step, .epoch = 1, .generator_loss = step / 4.0});
  }
  MetricsLog(file, 20).write({.step = 30, .epoch = 2});
  const std::vector<Json> lines = read_json_lines(file);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].at("step"), 20);
  EXPECT_EQ(lines[1].at("generator_loss"), 5.0);
  EXPECT_EQ(lines[2].at("epoch"), 2);
}

TEST(SampleGrids, PlaceImagesRowByRowOnABackground) {
  // 5 images of 300 x 200 in 3 columns, image i of brightness i / 4 between -1 and 1; too large to enlarge.
  const at::Tensor images =
      at::arange(5, at::kFloat).div(2).sub(1).view({5, 1, 1, 1}).expand({5, 1, 200, 300});
  const at::Tensor grid = make_sample_grid(images, -1, 1);
  ASSERT_EQ(grid.sizes(), (at::IntArrayRef{1, 2 + 2 * 202, 2 + 3 * 302}));
  const auto pixel = [&](std::int64_t y, std::int64_t x) { return grid[0][y][x].item<int>(); };
  EXPECT_EQ(pixel(0, 0), 255);
  EXPECT_EQ(pixel(2, 2), 0);
  EXPECT_EQ(pixel(100, 2 + 302), 64);
  EXPECT_EQ(pixel(100, 2 + 2 * 302), 128);
  EXPECT_EQ(pixel(2 + 202, 2), 191);
  EXPECT_EQ(pixel(300, 400), 255);
  EXPECT_EQ(pixel(300, 2 + 2 * 302), 255);  // the empty sixth place
}

TEST(SampleGrids, EnlargeSmallImagesByAWholeFactor) {
  const at::Tensor grid = make_sample_grid(at::zeros({64, 1, 28, 28}), -1, 1);
  EXPECT_EQ(grid.size(2), 2 * (2 + 8 * 30));
  EXPECT_EQ(make_sample_grid(at::full({1, 3, 4, 4}, 7.0), 0, 1).max().item<int>(), 255);  // clamped
}

TEST(SamplePictures, DrawPointsWhereTheyLie) {
  const at::Tensor plot = make_scatter_plot(at::tensor({0.5, 0.5, -0.5, 0.0}, at::kDouble).view({2, 2}), 1);
  ASSERT_EQ(plot.sizes(), (at::IntArrayRef{3, 480, 480}));
  const auto is_dot = [&](std::int64_t y, std::int64_t x) { return plot[0][y][x].item<int>() == 31; };
  EXPECT_TRUE(is_dot(120, 360));  // right of the middle and above it
  EXPECT_TRUE(is_dot(240, 120));
  EXPECT_FALSE(is_dot(360, 360));
  EXPECT_EQ(plot[0].eq(31).sum().item<std::int64_t>(), 2 * 9);
}

TEST(SamplePictures, GiveEachClassAColumn) {
  EXPECT_EQ(picture_sample_count({.classes = 10}), 80);
  EXPECT_EQ(picture_sample_count({.classes = 1000}), 64);
  EXPECT_EQ(picture_sample_count({}), 64);
}

TEST(Durations, AreShortAndReadable) {
  EXPECT_EQ(format_duration(5.4), "0:05");
  EXPECT_EQ(format_duration(125), "2:05");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace ganymede
