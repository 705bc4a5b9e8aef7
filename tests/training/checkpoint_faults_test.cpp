// What a failing disk leaves of checkpoints, and what a damaged one is.
#include <random>
#include <regex>

#include "tests/support/faulty_disk.hpp"
#include "tests/training/stored_checkpoints.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class CheckpointFaults : public Checkpoints {};

TEST_F(CheckpointFaults, ADiskThatIsFullAtAnyPlaceLeavesTheOneBefore) {
  save(1);
  bool fits = false;
  for (std::int64_t bytes = 0; !fits; bytes += 512) {
    ASSERT_LT(bytes, 100'000) << "it never fits";
    {
      const FaultyDisk disk = FaultyDisk::of_bytes(bytes);
      try {
        save(2, /*keep=*/1);
        fits = true;
      } catch (const DiskError& error) {
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

TEST_F(CheckpointFaults, AnyCallThatFailsLeavesOneThatIsWhole) {
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
      } catch (const DiskError& error) {
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

// Of the system's calls, which a kill or a power cut may end anywhere.
TEST_F(CheckpointFaults, AreOnDiskBeforeTheyHaveTheirName) {
  const FaultyDisk disk = FaultyDisk::that_records();
  save(1);
  const auto place = [&](const std::string& call) {
    for (std::size_t i = 0; i < disk.calls().size(); ++i)
      if (std::regex_match(disk.calls()[i], std::regex(call))) return static_cast<std::ptrdiff_t>(i);
    ADD_FAILURE() << call << " is not among\n" << fmt::format("{}", fmt::join(disk.calls(), "\n"));
    return std::ptrdiff_t{-1};
  };
  const std::vector<std::ptrdiff_t> places{place("fsync .*/step_00000001.tmp-[^/]*/state.safetensors"),
                                           place("fsync .*/manifest.json.tmp-[^/]*"),
                                           place("rename .*/manifest.json.tmp-[^/]*"),
                                           place("fsync .*/step_00000001.tmp-[^/]*"),
                                           place("rename .*/step_00000001.tmp-[^/]*"),
                                           place("fsync " + folder_.path().string())};
  EXPECT_TRUE(std::is_sorted(places.begin(), places.end())) << fmt::format("{}", fmt::join(places, " "));
}

TEST_F(CheckpointFaults, WhatIsRemovedLosesItsNameFirst) {
  save(1);
  const FaultyDisk disk = FaultyDisk::that_records();
  save(2, /*keep=*/1);
  EXPECT_EQ(disk.calls().back(), "rename " + store_.path_of(1).string());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_.path()), {}), 1);
}

class DamagedCheckpoints : public Checkpoints {
 protected:
  static constexpr std::int64_t kPage = 4096;

  // Of steps 1 and 2; then `spoil` gets each file of step 2 at each page, which is whole again afterwards.
  void for_each_page(const std::function<void(const fs::path& file, std::int64_t offset)>& spoil) {
    for (const std::int64_t step : {1, 2}) {
      CheckpointInfo info = info_of(step);
      info.sources[0].shard_crc32.assign(2000, 7);  // a manifest of several pages
      TrainingState state = state_of(step);
      state.push_back({"generator/parameters/more", at::full({100, 100}, static_cast<double>(step))});
      store_.save(info, state, {});
    }
    for (const char* name : {"state.safetensors", "manifest.json"}) {
      const std::string whole = read_text(file(2, name));
      ASSERT_GT(whole.size(), 3 * kPage);
      for (std::int64_t offset = 0; offset < std::ssize(whole); offset += kPage) {
        spoil(file(2, name), offset);
        const auto used = CheckpointStore(folder_.path()).use_newest([](const Checkpoint&) {});
        EXPECT_EQ(used->step, 1) << name << " at " << offset;
        write_text(file(2, name), whole);
      }
    }
    EXPECT_EQ(CheckpointStore(folder_.path()).use_newest([](const Checkpoint&) {})->step, 2);
  }
};

TEST_F(DamagedCheckpoints, CutAtAnyPageArePassedOver) {
  for_each_page([](const fs::path& file, std::int64_t offset) {
    fs::resize_file(file, static_cast<std::uintmax_t>(offset));
  });
}

TEST_F(DamagedCheckpoints, WithAFlippedBitInAnyPageArePassedOver) {
  std::mt19937 random(5);
  for_each_page([&](const fs::path& file, std::int64_t offset) {
    std::string bytes = read_text(file);
    const auto in_page = random() % static_cast<std::size_t>(std::min(kPage, std::ssize(bytes) - offset));
    bytes[static_cast<std::size_t>(offset) + in_page] ^= static_cast<char>(1U << random() % 8);
    write_text(file, bytes);
  });
}

}  // namespace
}  // namespace ganymede
