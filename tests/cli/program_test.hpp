// What the tests of the program share: a dataset, a folder of its own for each test, and short training runs.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/program.hpp"

namespace ganymede {

using Words = std::vector<std::string>;

inline constexpr int kStoppedOnRequest = 75;  // the program's exit code

class ProgramTest : public testing::Test {
 protected:
  static void TearDownTestSuite();

  // 256 samples of 28 x 28 in two shards, with labels of 10 classes. Imported when first asked for.
  static std::filesystem::path dataset();

  // The user's working directory.
  const TemporaryFolder folder_;

  // `ganymede <arguments>` in folder_.
  ProgramResult run(const Words& arguments, int ranks = 0) const;

  // Arguments of a short run of the mlp recipe: 20 steps of 16 samples, a report each step, one thread, then
  // the keys of `settings` ("train.steps=10").
  Words train_arguments(const std::string& run_name, const Words& settings = {}) const;
  // Runs them, expects success and returns the run's folder.
  std::filesystem::path train(const std::string& run_name, int ranks, const Words& settings = {}) const;
  // The same for a run that exists. Nothing but `settings` is given: the run's recipe says the rest.
  std::filesystem::path resume(const std::string& run_name, int ranks, const Words& settings = {}) const;
  Words resume_arguments(const std::string& run_name, const Words& settings = {}) const;
  std::unique_ptr<RunningProgram> start(const Words& arguments, int ranks, int grace_seconds = 1) const;
};

// A run's metrics.jsonl.
std::vector<nlohmann::json> read_metrics(const std::filesystem::path& run);
std::int64_t last_reported_step(const std::filesystem::path& run);

// Names in the folder of checkpoints, sorted.
Words list_checkpoints(const std::filesystem::path& run);
nlohmann::json read_manifest(const std::filesystem::path& run, const std::string& checkpoint);
// Checksum of all weights and optimizer state after this step.
std::uint32_t weights_checksum(const std::filesystem::path& run, const std::string& checkpoint);

// Steps, epochs and losses are the same, line by line: bit for bit, or within a relative difference.
void expect_equal_losses(const std::filesystem::path& run, const std::filesystem::path& expected);
void expect_close_losses(const std::filesystem::path& run, const std::filesystem::path& expected,
                         double relative_difference);

void flip_byte(const std::filesystem::path& file, std::size_t offset);

}  // namespace ganymede
