#include "tests/cli/program_test.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "tests/support/test_dataset.hpp"

namespace ganymede {

namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

std::unique_ptr<TemporaryFolder> datasets;

void add_settings(Words& arguments, const Words& settings) {
  for (const std::string& setting : settings) {
    arguments.emplace_back("--set");
    arguments.push_back(setting);
  }
}

}  // namespace

void ProgramTest::TearDownTestSuite() {
  datasets.reset();
}

fs::path ProgramTest::dataset() {
  if (!datasets) {
    datasets = std::make_unique<TemporaryFolder>();
    import_test_dataset(*datasets / "patterns");
  }
  return *datasets / "patterns";
}

ProgramResult ProgramTest::run(const Words& arguments, int ranks) const {
  return run_program(arguments, {.ranks = ranks, .working_folder = folder_.path()});
}

Words ProgramTest::train_arguments(const std::string& run_name, const Words& settings) const {
  Words arguments{"train", GANYMEDE_SOURCE_DIR "/experiments/mlp/recipe.yaml", "--run", run_name, "--threads",
                  "1"};
  add_settings(arguments, {"data.path=" + dataset().string(), "data.global_batch_size=16", "train.steps=20",
                           "train.report_every=1"});
  add_settings(arguments, settings);
  return arguments;
}

Words ProgramTest::resume_arguments(const std::string& run_name, const Words& settings) const {
  Words arguments{"train", "--resume", "--run", run_name, "--threads", "1"};
  add_settings(arguments, settings);
  return arguments;
}

fs::path ProgramTest::train(const std::string& run_name, int ranks, const Words& settings) const {
  const ProgramResult result = run(train_arguments(run_name, settings), ranks);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  return folder_ / run_name;
}

fs::path ProgramTest::resume(const std::string& run_name, int ranks, const Words& settings) const {
  const ProgramResult result = run(resume_arguments(run_name, settings), ranks);
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  // A run that silently began again would end with the same weights.
  EXPECT_THAT(result.output, testing::HasSubstr("resuming at step "));
  return folder_ / run_name;
}

std::unique_ptr<RunningProgram> ProgramTest::start(const Words& arguments, int ranks,
                                                   int grace_seconds) const {
  return std::make_unique<RunningProgram>(
      arguments,
      ProgramOptions{.ranks = ranks, .working_folder = folder_.path(), .grace_seconds = grace_seconds});
}

std::vector<Json> read_metrics(const fs::path& run) {
  std::vector<Json> metrics;
  std::istringstream lines(read_text(run / "metrics.jsonl"));
  for (std::string line; std::getline(lines, line);) metrics.push_back(Json::parse(line));
  return metrics;
}

std::int64_t last_reported_step(const fs::path& run) {
  const std::string text = read_text(run / "metrics.jsonl");
  const std::size_t line_end = text.rfind('\n');  // what stands behind it is still being written
  if (line_end == std::string::npos) return 0;
  const std::size_t before = line_end == 0 ? std::string::npos : text.rfind('\n', line_end - 1);
  const std::size_t begin = before == std::string::npos ? 0 : before + 1;
  return Json::parse(text.substr(begin, line_end - begin)).at("step").get<std::int64_t>();
}

Words list_checkpoints(const fs::path& run) {
  Words names;
  for (const auto& entry : fs::directory_iterator(run / "checkpoints"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

Json read_manifest(const fs::path& run, const std::string& checkpoint) {
  const Json manifest =
      Json::parse(read_text(run / "checkpoints" / checkpoint / "manifest.json"), nullptr, false);
  EXPECT_TRUE(manifest.is_object()) << "no manifest of " << checkpoint << " in " << run;
  return manifest;
}

std::uint32_t weights_checksum(const fs::path& run, const std::string& checkpoint) {
  const Json manifest = read_manifest(run, checkpoint);
  return manifest.is_object() ? manifest.at("state_crc32").get<std::uint32_t>() : 0;
}

void expect_close_losses(const fs::path& run, const fs::path& expected, double relative_difference) {
  const std::vector<Json> lines = read_metrics(run), expected_lines = read_metrics(expected);
  ASSERT_FALSE(expected_lines.empty());
  ASSERT_EQ(lines.size(), expected_lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    EXPECT_EQ(lines[i].at("step"), expected_lines[i].at("step"));
    EXPECT_EQ(lines[i].at("epoch"), expected_lines[i].at("epoch"));
    for (const char* loss : {"generator_loss", "discriminator_loss"}) {
      const double wanted = expected_lines[i].at(loss);
      EXPECT_NEAR(lines[i].at(loss).get<double>(), wanted, relative_difference * std::abs(wanted))
          << loss << " of step " << expected_lines[i].at("step");
    }
  }
}

void expect_equal_losses(const fs::path& run, const fs::path& expected) {
  expect_close_losses(run, expected, 0);
}

void flip_byte(const fs::path& file, std::size_t offset) {
  std::string bytes = read_text(file);
  ASSERT_LT(offset, bytes.size());
  bytes[offset] = static_cast<char>(bytes[offset] ^ 0x10);
  write_text(file, bytes);
}

}  // namespace ganymede
