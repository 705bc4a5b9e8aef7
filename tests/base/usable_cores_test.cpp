#include "base/usable_cores.hpp"

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

cpu_set_t cores(std::size_t first, std::size_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t core = first; core < first + count; ++core) CPU_SET(core, &set);
  return set;
}

TEST(ShareOfCores, OneProcessHasAllThatItMayUse) {
  EXPECT_EQ(share_of_cores({cores(0, 16)}, 0, {}), 16);
  EXPECT_EQ(share_of_cores({cores(3, 5)}, 0, {}), 5);
}

TEST(ShareOfCores, ProcessesShareTheCoresThatSeveralMayUse) {
  EXPECT_EQ(share_of_cores(std::vector(4, cores(0, 16)), 2, {}), 4);
  EXPECT_EQ(share_of_cores(std::vector(3, cores(0, 3)), 0, {}), 1);
  // Two to each socket, as mpirun binds them.
  const std::vector<cpu_set_t> sockets{cores(0, 8), cores(8, 8), cores(0, 8), cores(8, 8)};
  EXPECT_EQ(share_of_cores(sockets, 3, {}), 4);
  // Bound to a core each.
  EXPECT_EQ(share_of_cores({cores(0, 1), cores(1, 1)}, 1, {}), 1);
}

TEST(ShareOfCores, NobodyHasLessThanOne) {
  EXPECT_EQ(share_of_cores(std::vector(5, cores(0, 2)), 4, {}), 1);
  EXPECT_EQ(share_of_cores({cores(0, 0)}, 0, {}), 1);
  EXPECT_EQ(share_of_cores({cores(0, 8)}, 0, 0.25), 1);
}

TEST(ShareOfCores, AQuotaBoundsAllTogether) {
  EXPECT_EQ(share_of_cores({cores(0, 64)}, 0, 2.5), 2);
  EXPECT_EQ(share_of_cores(std::vector(2, cores(0, 64)), 1, 8.0), 4);
  EXPECT_EQ(share_of_cores({cores(0, 2)}, 0, 8.0), 2);
}

TEST(UsableCores, TheQuotaOrTheCores) {
  EXPECT_EQ(usable_cores(cores(0, 4), {}), 4);
  EXPECT_EQ(usable_cores(cores(0, 4), 2.5), 2.5);
  EXPECT_EQ(usable_cores(cores(0, 4), 64.0), 4);
}

TEST(MostThreads, EightOnACore) {
  EXPECT_EQ(most_threads(2.5), 20);
  EXPECT_EQ(most_threads(0.1), 8);
}

// The files of a system that has these control groups.
class CoreQuotaTest : public testing::Test {
 protected:
  void write(const fs::path& file, std::string_view text) {
    const fs::path path = root_.path() / file;
    fs::create_directories(path.parent_path());
    write_text(path, text);
  }
  std::optional<double> quota() const { return core_quota(root_.path()); }

  const TemporaryFolder root_;
};

TEST_F(CoreQuotaTest, NoneWithoutControlGroupsOrWithoutABound) {
  EXPECT_FALSE(quota());
  write("proc/self/cgroup", "0::/a\n");
  EXPECT_FALSE(quota());
  write("sys/fs/cgroup/a/cpu.max", "max 100000\n");
  EXPECT_FALSE(quota());
}

TEST_F(CoreQuotaTest, OfVersion2InAContainer) {
  write("proc/self/cgroup", "0::/\n");
  write("sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_DOUBLE_EQ(quota().value(), 1.5);
}

TEST_F(CoreQuotaTest, TheSmallestOfTheGroupsAroundCounts) {
  write("proc/self/cgroup", "0::/slurm/job_7/step_0\n");
  write("sys/fs/cgroup/slurm/cpu.max", "1600000 100000\n");
  write("sys/fs/cgroup/slurm/job_7/cpu.max", "400000 100000\n");
  write("sys/fs/cgroup/slurm/job_7/step_0/cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(quota().value(), 4);
}

TEST_F(CoreQuotaTest, OfVersion1) {
  write("proc/self/cgroup", "4:memory:/job\n3:cpuset:/other\n2:cpu,cpuacct:/job\n0::/\n");
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "300000\n");
  write("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(quota().value(), 3);
  write("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(quota());
}

// Docker with version 1 names the host's path, and mounts the group as the root.
TEST_F(CoreQuotaTest, OfVersion1InAContainer) {
  write("proc/self/cgroup", "1:cpu:/docker/0123\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "200000\n");
  write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(quota().value(), 2);
}

TEST(ThreadsOfOpenMp, IsTheFirstNumber) {
  EXPECT_EQ(threads_of_openmp("4"), 4);
  EXPECT_EQ(threads_of_openmp("4,2"), 4);
  for (const char* nothing : {static_cast<const char*>(nullptr), "", "0", "-1", "four", "4x"})
    EXPECT_FALSE(threads_of_openmp(nothing)) << (nothing ? nothing : "null");
}

}  // namespace
}  // namespace ganymede
