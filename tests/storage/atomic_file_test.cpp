#include "storage/atomic_file.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

std::size_t entries_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

TEST(AtomicFile, ReplacesAFileAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "first");
  write_file_atomically(folder / "file", "second");
  EXPECT_EQ(read_text(folder / "file"), "second");
  EXPECT_EQ(entries_in(folder.path()), 1U);
}

TEST(AtomicFile, NamesAMissingFolder) {
  const TemporaryFolder folder;
  expect_error<UserError>([&] { write_file_atomically(folder / "missing/file", "x"); },
                          {"missing/file", "No such file"});
}

TEST(AtomicFile, LeavesNoTemporaryWhenTheNameIsAFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "taken/inside");
  expect_error<UserError>([&] { write_file_atomically(folder / "taken", "x"); }, {"taken", "directory"});
  EXPECT_EQ(entries_in(folder.path()), 1U);
}

TEST(AtomicFile, KeepsTheOldFileWhenTheDiskIsFull) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", "old");
  {
    const FullDisk full(1000);
    expect_error<UserError>([&] { write_file_atomically(folder / "file", std::string(2000, 'x')); },
                            {"file: cannot write", "File too large"});
  }
  EXPECT_EQ(read_text(folder / "file"), "old");
  EXPECT_EQ(entries_in(folder.path()), 1U);
}

TEST(AtomicFile, LeavesNothingUnlessItIsPublished) {
  const TemporaryFolder folder;
  {
    AtomicFile file(folder / "file");
    file.write("half of it");
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  AtomicFile file(folder / "file");
  file.write("one, ");
  file.write("two");
  EXPECT_FALSE(std::filesystem::exists(folder / "file"));
  file.publish();
  EXPECT_EQ(read_text(folder / "file"), "one, two");
}

TEST(AtomicFile, SyncReportsWhatCannotBeOpened) {
  expect_error<UserError>([] { sync_to_disk("/nowhere/at/all"); }, {"/nowhere/at/all"});
}

}  // namespace
}  // namespace ganymede
