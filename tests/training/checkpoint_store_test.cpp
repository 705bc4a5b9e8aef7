// What happens to the checkpoints of a run: which of them is used.
#include <sys/stat.h>

#include "storage/checksum.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/training/stored_checkpoints.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

TEST_F(Checkpoints, ACopyUnderAnotherNumberIsNotOne) {
  save(100);
  fs::copy(store_.path_of(100), store_.path_of(900), fs::copy_options::recursive);
  EXPECT_EQ(usable_step(), 100);
}

TEST_F(Checkpoints, WhatCannotBeReadIsPassedOverForTheOneBefore) {
  const auto expect_passed_over = [&](const std::string& how, const std::function<void()>& spoil) {
    save(1);
    save(2);
    spoil();
    EXPECT_EQ(usable_step(), 1) << how;
  };
  const auto replace = [&](const std::string& field, const Json& value) {
    Json manifest = read_manifest(2);
    manifest.at(field) = value;
    write_json_atomically(file(2, "manifest.json"), manifest);
  };
  expect_passed_over("a bit", [&] { damage(2); });
  expect_passed_over("cut", [&] { fs::resize_file(file(2, "state.safetensors"), 100); });
  expect_passed_over("no state", [&] { fs::remove(file(2, "state.safetensors")); });
  expect_passed_over("no manifest", [&] { fs::remove(file(2, "manifest.json")); });
  expect_passed_over("an empty manifest", [&] { write_text(file(2, "manifest.json"), ""); });
  expect_passed_over("a step that is a text", [&] { replace("step", "x"); });
  expect_passed_over("another version", [&] { replace("version", 6); });
  expect_passed_over("one that waits for a writer", [&] {
    fs::remove(file(2, "state.safetensors"));
    ASSERT_EQ(::mkfifo(file(2, "state.safetensors").c_str(), 0600), 0);
  });
  expect_passed_over("another number in its manifest", [&] {
    std::string manifest = read_text(file(2, "manifest.json"));
    write_text(file(2, "manifest.json"), manifest.replace(manifest.find("0.5"), 3, "0.7"));
  });
  expect_passed_over("a state that verifies but is none", [&] {
    write_text(file(2, "state.safetensors"), "not a state");
    const auto sum = crc32(std::as_bytes(std::span(std::string_view("not a state"))));
    replace("files", {{"state.safetensors", {{"bytes", 11}, {"crc32", sum}}}});
  });
  expect_passed_over("a state larger than any memory", [&] {
    replace("files", {{"state.safetensors", {{"bytes", std::int64_t{1} << 62}, {"crc32", 0}}}});
  });
}

// Runs of before had one source, of images or points, and named it otherwise.
TEST_F(Checkpoints, TheManifestsOfVersion2AreRead) {
  save(1);
  Json manifest = read_manifest(1);
  manifest["version"] = 2;
  manifest.erase("sources");
  const auto expect_spec = [&](const char* kind, const std::vector<int>& shape, const DataSpec& spec) {
    manifest["data"] = {{"folder", "/data/old"},
                        {"samples", 7},
                        {"kind", kind},
                        {"shape", shape},
                        {"class_names", spec.class_names()},
                        {"shard_crc32", {5}}};
    write_json_atomically(file(1, "manifest.json"), manifest);
    const CheckpointInfo info = read_checkpoint(store_.path_of(1)).info;
    ASSERT_EQ(info.sources.size(), 1U);
    EXPECT_EQ(info.sources[0].spec, spec);
    EXPECT_EQ(info.sources[0].folder, "/data/old");
    EXPECT_EQ(info.sources[0].shard_crc32, std::vector<std::uint32_t>{5});
  };
  expect_spec("points", {1, 1, 2}, point_spec(2));
  expect_spec("images", {3, 4, 5}, image_spec({.channels = 3, .height = 4, .width = 5}, {"a", "b"}));
}

TEST_F(Checkpoints, TheirManifestsTellOfRollbacksFromVersion5On) {
  CheckpointInfo info = info_of(1);
  info.attempt = {.rollbacks = 2, .rate_factor = 1.0 / 3};
  store_.save(info, state_of(1), {});
  const auto attempt = [&] { return read_checkpoint_info(store_.path_of(1)).attempt; };
  EXPECT_EQ(attempt().rollbacks, 2);
  EXPECT_EQ(attempt().rate_factor, 1.0 / 3);
  Json manifest = read_manifest(1);  // of version 3
  for (const char* field : {"rollbacks", "learning_rate_factor"}) manifest.erase(field);
  write_json_atomically(file(1, "manifest.json"), manifest);
  EXPECT_EQ(attempt().rollbacks, 0);
  EXPECT_EQ(attempt().rate_factor, 1);
}

TEST_F(Checkpoints, OneThatTheUserCannotUseIsPassedOver) {
  save(1);
  save(2);
  const auto info = store_.use_newest([](const Checkpoint& checkpoint) {
    if (checkpoint.info.step == 2) throw DataError("of another recipe");
  });
  EXPECT_EQ(info->step, 1);
}

TEST_F(Checkpoints, NoneIsNotTheSameAsNoneThatCanBeUsed) {
  EXPECT_EQ(usable_step(), std::nullopt);
  save(1);
  save(2);
  damage(1);
  write_text(file(2, "manifest.json"), R"({"format": "ganymede-checkpoint", "version": 1})");
  expect_error<DataError>([&] { usable_step(); }, {"step_00000001/state.safetensors", "damaged",
                                                   "step_00000002/manifest.json", "version 1"});
}

TEST_F(Checkpoints, AnEarlierOneCanBeChosen) {
  for (const int step : {100, 200, 300}) save(step);
  EXPECT_EQ(usable_step(200), 200);
  expect_error<UserError>([&] { usable_step(250); }, {"250", "300, 200, 100"});
  damage(200);
  expect_error<DataError>([&] { usable_step(200); }, {"step_00000200"});
  store_.set_aside_after(100);
  EXPECT_EQ(usable_step(), 100);
  EXPECT_TRUE(fs::exists(folder_ / "step_00000300.set-aside"));
}

TEST_F(Checkpoints, LeftoversOfAnyHostAndStepAreRemoved) {
  save(1);
  for (const char* name : {"step_00000007.tmp-otherhost-12", "step_00000001.tmp-here-99999999"}) {
    fs::create_directory(folder_ / name);
    write_text(folder_ / name / "state.safetensors", "half");
  }
  store_.remove_leftovers();
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

}  // namespace
}  // namespace ganymede
