#include <grp.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>

#include "base/error.hpp"
#include "data/loading/batch_loader.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr int kRefused = 3;

// As a user who may have one thread besides this one.
[[noreturn]] void load_with_one_thread(const DatasetIndex& index, const BatchLoaderOptions& options) {
  constexpr uid_t kNobodyElses = 65533;
  constexpr rlimit kTwo{.rlim_cur = 2, .rlim_max = 2};
  alarm(10);  // ends what hangs
  if (setgroups(0, nullptr) != 0 || setresuid(kNobodyElses, kNobodyElses, kNobodyElses) != 0 ||
      setrlimit(RLIMIT_NPROC, &kTwo) != 0)
    _exit(1);
  try {
    BatchLoader loader(index, options, 0, 1);
  } catch (const Error& error) {
    std::fputs(error.what(), stderr);
    _exit(kRefused);
  }
  _exit(0);
}

// The thread that reads is there, the one that takes what it read is not.
TEST(BatchThreads, TheFirstEndsWhereTheSecondCannotBeMade) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become a user without other processes";
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const DatasetIndex index = write_small_dataset(folder / "small");
  // A reader that may not read would end, and make room for the other thread.
  for (const fs::path& each : {folder.path(), folder / "small"})
    fs::permissions(each, fs::perms::group_all | fs::perms::others_all, fs::perm_options::add);
  const BatchLoaderOptions options{
      .seed = 5, .global_batch_size = 11, .window_bytes = 2 * 8 * kSmallShape.pixels()};
  EXPECT_EXIT(load_with_one_thread(index, options), testing::ExitedWithCode(kRefused),
              "cannot start a thread.*ulimit -u");
}

}  // namespace
}  // namespace ganymede
