// The numbers of a run, as a file and as a line.
#include "reporting/metrics_log.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "reporting/progress.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

TEST(MetricsLogs, DropLinesAfterTheResumedStepAndKeepTheRest) {
  const TemporaryFolder folder;
  const fs::path file = folder.path() / "metrics.jsonl";
  {
    MetricsLog log(file, 0);
    for (const int step : {10, 20, 30})
      log.on_report({.step = step, .epoch = 1, .scalars = {{"generator_loss", step / 4.0}}});
  }
  MetricsLog(file, 20).on_report({.step = 30, .epoch = 2});
  const std::vector<Json> lines = read_json_lines(file);
  ASSERT_EQ(lines.size(), 3U);
  EXPECT_EQ(lines[1].at("step"), 20);
  EXPECT_EQ(lines[1].at("generator_loss"), 5.0);
  EXPECT_EQ(lines[2].at("epoch"), 2);
}

TEST(MetricsLogs, NamePhasesOnlyOfProceduresThatHaveSeveral) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "metrics.jsonl", 0);
  log.on_report({.step = 1, .phase = "warming", .scalars = {{"cycle_loss", 1.5}}});
  log.on_report({.step = 2, .scalars = {{"oracle_nll", 9}, {"self_bleu", 0.5}}});
  const std::vector<Json> lines = read_json_lines(folder / "metrics.jsonl");
  EXPECT_EQ(lines[0].at("phase"), "warming");
  EXPECT_EQ(lines[0].at("cycle_loss"), 1.5);
  EXPECT_FALSE(lines[1].contains("phase"));
  EXPECT_EQ(lines[1].at("self_bleu"), 0.5);
}

TEST(MetricsLogs, AreOnDiskBeforeACheckpointIs) {
  const TemporaryFolder folder;
  MetricsLog log(folder / "metrics.jsonl", 0);
  const FaultyDisk disk = FaultyDisk::that_records();
  log.on_report({.step = 1});
  EXPECT_TRUE(disk.calls().empty());
  log.on_checkpoint({.step = 1}, {});
  EXPECT_EQ(disk.calls(), std::vector<std::string>{"fsync " + (folder / "metrics.jsonl").string()});
}

TEST(ProgressLines, NameScalarsInWords) {
  EXPECT_EQ(format_scalars({{"generator_loss", 0.5}, {"oracle_nll", 9.25}}),
            "generator 0.5000  oracle nll 9.2500");
}

TEST(ProgressLines, AreNumbersWithoutASign) {
  const double nan = std::numeric_limits<double>::quiet_NaN(),
               infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(format_scalars({{"a", nan}, {"b", -nan}, {"c", infinity}, {"d", -infinity}}),
            "a nan  b nan  c inf  d -inf");
}

TEST(Durations, AreShortAndReadable) {
  EXPECT_EQ(format_duration(5.4), "0:05");
  EXPECT_EQ(format_duration(125), "2:05");
  EXPECT_EQ(format_duration(3723), "1:02:03");
  EXPECT_EQ(format_duration(std::numeric_limits<double>::infinity()), "-");
}

}  // namespace
}  // namespace ganymede
