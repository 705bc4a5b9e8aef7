// What happens to the checkpoints of a run: which is used, which are removed, and what a failing disk leaves.
#include "training/checkpoint_store.hpp"

#include <gtest/gtest.h>

#include "storage/checksum.hpp"
#include "storage/json_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class Checkpoints : public testing::Test {
 protected:
  // 6 KB that tell its step.
  static TrainingState state_of(std::int64_t step) {
    return {{"generator/buffers/count", at::full({}, step, at::kLong)},
            {"generator/parameters/weight", at::full({30, 50}, static_cast<double>(step))}};
  }
  static CheckpointInfo info_of(std::int64_t step) {
    return {.step = step, .seconds = 0.5, .sources = {{.folder = "/data/small", .spec = point_spec(2)}}};
  }
  void save(std::int64_t step, std::int64_t keep = 3) { store_.save(info_of(step), state_of(step), keep); }
  // The step that a run would go on from, whose state is that step's.
  std::optional<std::int64_t> usable_step(std::optional<std::int64_t> at_step = {}) {
    const auto info =
        CheckpointStore(folder_.path())
            .use_newest(
                [](const Checkpoint& checkpoint) {
                  EXPECT_EQ(checksum_state(checkpoint.state), checksum_state(state_of(checkpoint.info.step)));
                },
                at_step);
    return info ? std::optional(info->step) : std::nullopt;
  }
  fs::path file(std::int64_t step, const std::string& name) const { return store_.path_of(step) / name; }
  void damage(std::int64_t step) const {
    const fs::path state = file(step, "state.safetensors");
    std::string bytes = read_text(state);
    bytes[bytes.size() / 2] ^= 1;
    write_text(state, bytes);
  }

  TemporaryFolder folder_;
  CheckpointStore store_{folder_.path()};
};

TEST_F(Checkpoints, OnlyTheNewestAreKept) {
  for (const int step : {1, 2, 3, 10}) save(step, /*keep=*/2);
  EXPECT_THAT(store_.steps(), ElementsAre(10, 3));
  EXPECT_EQ(usable_step(), 10);
}

TEST_F(Checkpoints, StepsSortAsNumbers) {
  for (const std::int64_t step : {99'999'999L, 100'000'000L, 1'000'000'001L}) save(step, /*keep=*/2);
  EXPECT_THAT(store_.steps(), ElementsAre(1'000'000'001, 100'000'000));
  EXPECT_EQ(usable_step(), 1'000'000'001);
}

TEST_F(Checkpoints, NewerDamagedOnesDoNotPushTheNewOneOut) {
  for (const int step : {100, 200, 300, 400}) save(step, 4);
  for (const int step : {200, 300, 400}) damage(step);
  CheckpointStore resumed(folder_.path());
  resumed.save(info_of(150), state_of(150), 1);
  EXPECT_EQ(usable_step(), 150);
  EXPECT_THAT(store_.steps(), ElementsAre(400, 300, 200, 150));
}

TEST_F(Checkpoints, OlderDamagedOnesDoNotCount) {
  for (const int step : {100, 200, 300}) save(step);
  damage(200);
  damage(300);
  CheckpointStore resumed(folder_.path());
  resumed.save(info_of(400), state_of(400), 2);
  damage(400);
  EXPECT_EQ(usable_step(), 100);
}

TEST_F(Checkpoints, ForeignFoldersAreLeftAlone) {
  for (const int step : {100, 200}) save(step);
  for (const char* name : {"step_best", "step_00000900_copy", "step_7", "notes", "step_00000900.set-aside"})
    fs::copy(store_.path_of(100), folder_ / name, fs::copy_options::recursive);
  save(300, 1);
  EXPECT_EQ(usable_step(), 300);
  EXPECT_THAT(store_.steps(), ElementsAre(300));
  for (const char* name : {"step_best", "step_00000900_copy", "step_7", "notes", "step_00000900.set-aside"})
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
}

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
  const auto replace = [&](const std::string& from, const std::string& to) {
    std::string manifest = read_text(file(2, "manifest.json"));
    const std::size_t place = manifest.find(from);
    ASSERT_NE(place, std::string::npos);
    write_text(file(2, "manifest.json"), manifest.replace(place, from.size(), to));
  };
  expect_passed_over("a bit", [&] { damage(2); });
  expect_passed_over("cut", [&] { fs::resize_file(file(2, "state.safetensors"), 100); });
  expect_passed_over("no state", [&] { fs::remove(file(2, "state.safetensors")); });
  expect_passed_over("no manifest", [&] { fs::remove(file(2, "manifest.json")); });
  expect_passed_over("an empty manifest", [&] { write_text(file(2, "manifest.json"), ""); });
  expect_passed_over("a step that is a text", [&] { replace("\"step\": 2", "\"step\": \"x\""); });
  expect_passed_over("another version", [&] { replace("\"version\": 3", "\"version\": 4"); });
  expect_passed_over("a state that verifies but is none", [&] {
    write_text(file(2, "state.safetensors"), "not a state");
    const std::string found = read_text(file(2, "manifest.json"));
    const std::size_t files = found.find("\"bytes\"");
    write_text(file(2, "manifest.json"),
               found.substr(0, files) +
                   fmt::format("\"bytes\": 11, \"crc32\": {}}}}}}}",
                               crc32(std::as_bytes(std::span(std::string_view("not a state"))))));
  });
}

// Runs of before had one source, of images or points, and named it otherwise.
TEST_F(Checkpoints, TheManifestsOfVersion2AreRead) {
  save(1);
  Json manifest = read_json(file(1, "manifest.json"));
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

TEST_F(Checkpoints, ADiskThatIsFullAtAnyPlaceLeavesTheOneBefore) {
  save(1);
  bool fits = false;
  for (std::int64_t bytes = 0; !fits; bytes += 512) {
    ASSERT_LT(bytes, 100'000) << "it never fits";
    {
      const FaultyDisk disk = FaultyDisk::of_bytes(bytes);
      try {
        save(2, /*keep=*/1);
        fits = true;
      } catch (const UserError& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("No space left"));
      }
    }
    if (!fits) {
      ASSERT_EQ(usable_step(), 1) << bytes;
      ASSERT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1) << "a leftover at " << bytes;
    }
  }
  EXPECT_EQ(usable_step(), 2);
}

TEST_F(Checkpoints, AnyCallThatFailsLeavesOneThatIsWhole) {
  int call = 0, refused = 0;
  for (bool failed = true; failed; ++call) {
    ASSERT_LT(call, 1000);
    fs::remove_all(store_.path_of(2));
    save(1);
    bool saved = true;
    {
      const FaultyDisk disk = FaultyDisk::with_failing_call(call);
      try {
        save(2, /*keep=*/1);
      } catch (const UserError& error) {
        saved = false;
        EXPECT_THAT(error.what(), testing::HasSubstr("Input/output error"));
      }
      failed = disk.has_failed();
    }
    refused += saved ? 0 : 1;
    ASSERT_TRUE(saved || fs::exists(store_.path_of(1))) << "call " << call;
    const auto step = usable_step();
    ASSERT_TRUE(saved ? step == 2 : step == 1 || step == 2) << "call " << call;
  }
  // Of two files: writes, syncs, closes, and the manifest's name; the folder's syncs and its name.
  EXPECT_GE(refused, 12) << "of " << call;
}

}  // namespace
}  // namespace ganymede
