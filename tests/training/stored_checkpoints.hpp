// A store with small checkpoints whose content tells their step.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/json_file.hpp"
#include "tests/support/temporary_folder.hpp"
#include "training/checkpoint_store.hpp"

namespace ganymede {

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
  void save(std::int64_t step, std::int64_t keep = 3) {
    store_.save(info_of(step), state_of(step), {.newest = keep});
  }
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
  std::filesystem::path file(std::int64_t step, const std::string& name) const {
    return store_.path_of(step) / name;
  }
  // As one of version 3, without a checksum of its own: a test that changes it means what it says.
  Json read_manifest(std::int64_t step) const {
    Json manifest = read_json(file(step, "manifest.json"));
    manifest.erase("manifest_crc32");
    manifest["version"] = 3;
    return manifest;
  }
  void damage(std::int64_t step) const {
    const std::filesystem::path state = file(step, "state.safetensors");
    std::string bytes = read_text(state);
    bytes[bytes.size() / 2] ^= 1;
    write_text(state, bytes);
  }

  TemporaryFolder folder_;
  CheckpointStore store_{folder_.path()};
};

}  // namespace ganymede
