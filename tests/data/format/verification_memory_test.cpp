// A shard is verified once, and again only after its file or the index has changed.
#include "data/format/verification_memory.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "tests/data/small_dataset.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/folder_snapshot.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class VerificationMemoryTest : public testing::Test {
 protected:
  VerificationMemoryTest() {
    setenv("XDG_CACHE_HOME", (folder_ / "cache").c_str(), 1);
    write_small_dataset(folder_ / "small", {.samples = 20, .shards = 4});
    settle();
  }
  ~VerificationMemoryTest() override { unsetenv("XDG_CACHE_HOME"); }

  // Until a write must change the times of the files.
  static void settle() { std::this_thread::sleep_for(std::chrono::milliseconds(150)); }

  // How many of the shards of this rank were read: what is asked to stop never does so.
  int verify(int rank = 0, int ranks = 1) const {
    const DatasetIndex index = read_dataset_index(folder_ / "small");
    VerificationMemory memory(index, rank);
    int read = 0;
    for (std::size_t shard = 0; shard < index.shards.size(); ++shard) {
      if (static_cast<int>(shard) % ranks != rank) continue;
      bool asked = false;
      memory.verify_once(shard, [&] { return asked = true, false; });
      read += asked ? 1 : 0;
    }
    return read;
  }
  void flip_byte_of_shard(int shard) const {
    const fs::path file = folder_ / fmt::format("small/shard_0000{}.h5", shard);
    std::string bytes = read_text(file);
    bytes[bytes.size() / 2] ^= 1;
    write_text(file, bytes);
  }

  TemporaryFolder folder_;
};

TEST_F(VerificationMemoryTest, ShardsAreReadOnce) {
  EXPECT_EQ(verify(), 4);
  EXPECT_EQ(verify(), 0);
  // On other numbers of ranks, too.
  EXPECT_EQ(verify(1, 2), 0);
  fs::remove_all(folder_ / "cache");
  EXPECT_EQ(verify(0, 2), 2);
  EXPECT_EQ(verify(1, 2), 2);
  EXPECT_EQ(verify(), 0);
}

TEST_F(VerificationMemoryTest, WhatHasChangedIsReadAgain) {
  verify();
  flip_byte_of_shard(2);
  expect_error<DataError>([&] { verify(); }, {"shard_00002.h5: the CRC-32 is"});
  flip_byte_of_shard(2);
  settle();
  EXPECT_EQ(verify(), 1);
  EXPECT_EQ(verify(), 0);
  const fs::path index = folder_ / "small/index.json";
  write_text(index, read_text(index) + "\n");
  EXPECT_EQ(verify(), 4);
}

TEST_F(VerificationMemoryTest, WhatWasWrongIsNotRemembered) {
  flip_byte_of_shard(1);
  settle();
  for (int start = 0; start < 2; ++start) expect_error<DataError>([&] { verify(); }, {"shard_00001.h5"});
}

// Another write might follow at once and leave the times as they are.
TEST_F(VerificationMemoryTest, AFileThatHasJustBeenWrittenIsNotRemembered) {
  verify();
  const fs::path shard = folder_ / "small/shard_00000.h5";
  fs::last_write_time(shard,
                      fs::file_time_type::clock::now() + std::chrono::hours(1));  // longer than any wait
  EXPECT_EQ(verify(), 1);
  EXPECT_EQ(verify(), 1);
}

TEST_F(VerificationMemoryTest, StopsAtOnce) {
  const DatasetIndex index = read_dataset_index(folder_ / "small");
  VerificationMemory memory(index, 0);
  try {
    memory.verify_once(0, [] { return true; });
    ADD_FAILURE() << "it went on";
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), ExitCode::stopped_on_request);
    EXPECT_THAT(error.what(), testing::HasSubstr("stopped on request"));
  }
}

TEST_F(VerificationMemoryTest, WithoutACacheItLiesInTheDatasetOrNowhere) {
  const auto before = take_snapshot(folder_ / "small");
  write_text(folder_ / "file", "no folder");
  setenv("XDG_CACHE_HOME", (folder_ / "file").c_str(), 1);
  EXPECT_EQ(verify(), 4);
  EXPECT_EQ(verify(), 0);
  EXPECT_EQ(take_snapshot(folder_ / "small").size(), before.size() + 1);
  // A folder of the name of the memory: it cannot be written there either.
  for (const auto& entry : fs::directory_iterator(folder_ / "small"))
    if (entry.path().filename().string().starts_with(".verified")) {
      fs::remove(entry.path());
      fs::create_directory(entry.path());
      break;
    }
  EXPECT_EQ(verify(), 4);
  EXPECT_EQ(verify(), 4);
}

}  // namespace
}  // namespace ganymede
