#include "storage/pending_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

TEST(PendingFolder, AppearsOnlyWhenPublished) {
  const TemporaryFolder folder;
  PendingFolder pending(folder / "parent/result/");
  fs::create_directory(pending.path() / "inner");
  write_text(pending.path() / "inner/file", "content");
  EXPECT_FALSE(fs::exists(folder / "parent/result"));
  pending.publish();
  EXPECT_EQ(read_text(folder / "parent/result/inner/file"), "content");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder / "parent"), {}), 1);
}

TEST(PendingFolder, VanishesUnlessPublished) {
  const TemporaryFolder folder;
  {
    PendingFolder pending(folder / "result");
    write_text(pending.path() / "file", "content");
    const PendingFolder moved = std::move(pending);
    EXPECT_TRUE(fs::exists(moved.path() / "file"));
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
  { const PendingFolder pending(folder / "new/deeper/result"); }
  EXPECT_TRUE(fs::is_empty(folder.path()));  // the folders above it, too
  {
    const PendingFolder pending(folder / "new/deeper/result");
    write_text(folder / "new/note", "somebody else's");
  }
  EXPECT_EQ(read_text(folder / "new/note"), "somebody else's");
  EXPECT_FALSE(fs::exists(folder / "new/deeper"));
}

TEST(PendingFolder, RefusesANameThatIsTaken) {
  const TemporaryFolder folder;
  fs::create_directory(folder / "result");
  expect_error<UserError>([&] { PendingFolder(folder / "result"); }, {"result exists already"});
}

TEST(PendingFolder, RefusesToPublishOverAFolderMadeMeanwhile) {
  const TemporaryFolder folder;
  {
    PendingFolder pending(folder / "result");
    fs::create_directory(folder / "result");
    expect_error<UserError>([&] { pending.publish(); }, {"result exists already"});
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(PendingFolder, RemovesWhatADeadProcessLeftButNotWhatALivingOneWrites) {
  const TemporaryFolder folder;
  const std::string own = temporary_path_beside(folder / "result").string();
  const std::string prefix = own.substr(0, own.rfind('-') + 1);
  const fs::path dead = prefix + "2147483646";  // above the largest process number of Linux
  const fs::path living = prefix + std::to_string(getppid());
  fs::create_directories(dead / "inner");
  fs::create_directory(living);
  const PendingFolder pending(folder / "result");
  EXPECT_FALSE(fs::exists(dead));
  EXPECT_TRUE(fs::exists(living));
}

TEST(PendingFolder, NamesAPlaceThatCannotBeWritten) {
  const TemporaryFolder folder;
  write_text(folder / "file", "");
  expect_error<UserError>([&] { PendingFolder(folder / "file/result"); }, {"file", "Not a directory"});
}

}  // namespace
}  // namespace ganymede
