#include "diagnosis/file_system.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/format/dataset_index.hpp"
#include "storage/folder_lock.hpp"
#include "tests/data/small_dataset.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/folder_snapshot.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class ExamineRunTest : public testing::Test {
 protected:
  // The finding about a place below the test's folder, which stays as it is.
  HostFinding examine(const std::string& run) const {
    const auto before = take_snapshot(folder_.path());
    HostFinding finding = examine_run_place(folder_ / run);
    EXPECT_TRUE(take_snapshot(folder_.path()) == before) << list_names(folder_.path());
    return finding;
  }

  const TemporaryFolder folder_;
};

TEST_F(ExamineRunTest, AFolderThatCanBeWrittenNeedNotBeThere) {
  const HostFinding finding = examine("runs/first");
  EXPECT_NE(finding.verdict, Verdict::problem) << finding.found;
  EXPECT_THAT(finding.found, AllOf(HasSubstr((folder_ / "runs/first").string()), HasSubstr("B free")));
}

TEST_F(ExamineRunTest, AFullDiskIsAProblem) {
  const FaultyDisk disk = FaultyDisk::of_bytes(1000);
  const HostFinding finding = examine("run");
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_THAT(finding.found, AllOf(HasSubstr("No space left"), HasSubstr("free some space")));
}

TEST_F(ExamineRunTest, ADiskThatCannotSyncOrRenameIsAProblem) {
  for (const int call : {1, 3}) {
    const FaultyDisk disk = FaultyDisk::with_failing_call(call);
    EXPECT_EQ(examine("run").verdict, Verdict::problem) << "call " << call;
    EXPECT_TRUE(disk.has_failed());
  }
}

TEST_F(ExamineRunTest, AFileIsAProblem) {
  write_text(folder_ / "file", "");
  for (const char* run : {"file", "file/run"}) {
    const HostFinding finding = examine(run);
    EXPECT_EQ(finding.verdict, Verdict::problem);
    EXPECT_THAT(finding.found, HasSubstr((folder_ / "file").string() + " is no folder"));
  }
}

TEST_F(ExamineRunTest, AFolderOfAnotherJobIsAProblem) {
  const std::string run = folder_ / "run";
  EXPECT_EQ(examine_lock(run).verdict, Verdict::ok);
  EXPECT_FALSE(fs::exists(run));
  const FolderLock other(run);
  const Finding finding = examine_lock(run);
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_THAT(finding.found, HasSubstr("another process works in this run folder"));
}

class ExamineDatasetTest : public testing::Test {
 protected:
  void SetUp() override { write_small_dataset(data_, {.shards = 3}); }
  // By a host that reads these shards.
  static HostFinding examine(const fs::path& folder, const std::vector<std::size_t>& shards = {0, 1}) {
    return examine_dataset("small", folder, [&](const DatasetIndex&) { return shards; });
  }
  fs::path shard() const { return read_dataset_index(data_).shard_path(1); }

  const TemporaryFolder folder_;
  const fs::path data_ = folder_ / "small";
};

TEST_F(ExamineDatasetTest, AWholeOneIsWell) {
  const HostFinding finding = examine(data_);
  EXPECT_EQ(finding.verdict, Verdict::ok);
  EXPECT_EQ(finding.subject, "data small");
  EXPECT_THAT(finding.found, HasSubstr("100 samples in 3 shards"));
}

TEST_F(ExamineDatasetTest, AMissingShardIsAProblem) {
  const fs::path missing = shard();
  fs::remove(missing);
  const HostFinding finding = examine(data_);
  EXPECT_EQ(finding.verdict, Verdict::problem);
  EXPECT_THAT(finding.found,
              AllOf(HasSubstr(missing.string()), HasSubstr("No such file"), HasSubstr("copy it")));
}

TEST_F(ExamineDatasetTest, AShardThatOtherHostsReadMayBeMissing) {
  fs::remove(shard());
  EXPECT_EQ(examine(data_, {0, 2}).verdict, Verdict::ok);
}

TEST_F(ExamineDatasetTest, ATruncatedShardIsAProblem) {
  fs::resize_file(shard(), 100);
  EXPECT_EQ(examine(data_).verdict, Verdict::problem);
  EXPECT_THAT(examine(data_).found, HasSubstr("truncated: 100 bytes"));
}

TEST_F(ExamineDatasetTest, AMissingOneIsAProblem) {
  EXPECT_THAT(examine(folder_ / "absent").found, HasSubstr("no such dataset"));
}

TEST_F(ExamineDatasetTest, HostsWithDifferentOnesAreAProblem) {
  write_small_dataset(folder_ / "other" / "small", {.shards = 2});
  const auto merged = merge_reports({{"a", {examine(data_)}}, {"b", {examine(folder_ / "other" / "small")}}});
  ASSERT_EQ(merged.size(), 2U);
  EXPECT_EQ(merged[0].verdict, Verdict::problem);
  EXPECT_THAT(merged[1].advice, HasSubstr("copy one to all"));
}

}  // namespace
}  // namespace ganymede
