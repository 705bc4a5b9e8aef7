// `ganymede doctor` as its users run it, on machines that are ready and on some that are not.
#include <stdlib.h>
#include <unistd.h>

#include "tests/cli/program_test.hpp"
#include "tests/support/folder_snapshot.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// The line about a subject: "ok       threads   2 ranks of ...".
std::string line_of(const ProgramResult& result, const std::string& verdict, const std::string& subject) {
  for (const std::string& line : result.lines())
    if (line.starts_with(verdict + std::string(9 - verdict.size(), ' ') + subject + " ")) return line;
  ADD_FAILURE() << "no line '" << verdict << " " << subject << "':\n" << result.describe();
  return "";
}

class DoctorTest : public ProgramTest {
 protected:
  // On the test's dataset, with one thread a rank.
  Words words(const Words& more = {}) const {
    Words all{"doctor",    GANYMEDE_SOURCE_DIR "/experiments/mlp/recipe.yaml",
              "--set",     "data.path=small",
              "--threads", "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Nothing is left behind, whatever is found.
  ProgramResult examine(const Words& arguments, ProgramOptions options) const {
    options.working_folder = folder_.path();
    const auto before = take_snapshot(folder_.path());
    const ProgramResult result = run_program(arguments, options);
    EXPECT_TRUE(take_snapshot(folder_.path()) == before) << list_names(folder_.path());
    return result;
  }
  void SetUp() override { import_test_dataset(folder_ / "data" / "small"); }
};

TEST_F(DoctorTest, LooksAtEverything) {
  const ProgramResult result = examine(words(), {.ranks = 2});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_TRUE(result.errors.empty()) << result.errors;
  for (const char* subject : {"program", "Open MPI", "LibTorch", "HDF5", "processor", "instruction set",
                              "shared memory", "GPUs", "within a host", "recipe", "run lock"})
    line_of(result, "ok", subject);
  EXPECT_THAT(line_of(result, "ok", "launcher"), HasSubstr("2 ranks on 1 host"));
  EXPECT_THAT(line_of(result, "ok", "data small"), HasSubstr("256 samples in 2 shards"));
  EXPECT_THAT(line_of(result, "ok", "within a host"), AllOf(HasSubstr("microseconds"), HasSubstr("Gbit/s")));
}

TEST_F(DoctorTest, NeedsNeitherMpirunNorARecipe) {
  const ProgramResult result = examine({"doctor"}, {});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(line_of(result, "ok", "launcher"), HasSubstr("1 rank on 1 host"));
  EXPECT_THAT(result.output, testing::Not(HasSubstr("data ")));
}

void expect_problem(const ProgramResult& result, const std::string& subject, const Words& found) {
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  const std::string line = line_of(result, "PROBLEM", subject);
  for (const std::string& word : found) EXPECT_THAT(line, HasSubstr(word));
  EXPECT_THAT(result.errors, HasSubstr("ganymede: doctor found 1 problem"));
}

// Of the two sources of a cycle, which may have the same name in different folders.
TEST_F(DoctorTest, LooksAtEverySource) {
  for (const char* domain : {"a", "b"}) {
    fs::create_directories(folder_ / "data" / domain);
    fs::copy(folder_ / "data" / "small", folder_ / "data" / domain / "small");
  }
  const ProgramResult result = examine({"doctor", "cyclegan", "--set", "data.path=[a/small, b/small]"}, {});
  line_of(result, "ok", "data a/small");
  line_of(result, "ok", "data b/small");
}

TEST_F(DoctorTest, FindsRanksThatDoNotKnowOfEachOther) {
  expect_problem(examine(words(), {.environment = {{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}}}), "launcher",
                 {"PMI_SIZE is 2", "MPI knows of 1 rank", "use the mpirun of the MPI"});
}

TEST_F(DoctorTest, FindsAMissingShard) {
  fs::remove(folder_ / "data" / "small" / "shard_00001.h5");
  expect_problem(examine(words(), {.ranks = 2}), "data small", {"shard_00001.h5", "No such file", "copy it"});
}

TEST_F(DoctorTest, FindsAMissingDataset) {
  expect_problem(examine({"doctor", "mlp", "--set", "data.path=absent"}, {}), "data absent",
                 {"no dataset 'absent'"});
}

TEST_F(DoctorTest, FindsRanksThatTheRecipeHasNoWorkFor) {
  expect_problem(examine(words({"--set", "data.global_batch_size=1"}), {.ranks = 2}), "recipe",
                 {"data.global_batch_size is 1", "2 ranks"});
}

TEST_F(DoctorTest, FindsMoreThreadsThanCores) {
  const std::string line = line_of(examine({"doctor", "--threads", "4"}, {.prefix = {"taskset", "-c", "0"}}),
                                   "warning", "threads");
  EXPECT_THAT(line, AllOf(HasSubstr("1 rank of 4 threads in the time of 1 core"), HasSubstr("To do: ")));
}

TEST_F(DoctorTest, FindsMoreThreadsThanTrainingTakes) {
  expect_problem(examine({"doctor", "--threads", "9"}, {.prefix = {"taskset", "-c", "0"}}), "threads",
                 {"1 rank of 9 threads in the time of 1 core", "fewer --threads"});
}

// mpirun binds each of two ranks to a core.
TEST_F(DoctorTest, FindsSeveralThreadsBoundToOneCore) {
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) GTEST_SKIP() << "needs two cores";
  Words bound{GANYMEDE_MPIRUN,  "-q",     "-n",        "2", "--bind-to", "core",
              GANYMEDE_PROGRAM, "doctor", "--threads", "2"};
  const std::string program = bound.front();
  bound.erase(bound.begin());
  expect_problem(examine(bound, {.program = program}), "threads",
                 {"bound to fewer cores than threads: rank 0, 1", "--bind-to none"});
}

// A control group of a core's time, where root may make one: of version 1, or of 2.
class QuotaTest : public DoctorTest {
 protected:
  void SetUp() override {
    DoctorTest::SetUp();
    for (const char* mount : {"/sys/fs/cgroup/cpu", "/sys/fs/cgroup"}) {
      group_ = fs::path(mount) / ("ganymede-test-" + std::to_string(getpid()));
      std::error_code error;
      fs::create_directory(group_, error);
      for (const auto& [file, quota] :
           {std::pair{"cpu.cfs_quota_us", "100000"}, {"cpu.max", "100000 100000"}})
        if (fs::exists(group_ / file)) {
          write_text(group_ / file, quota);
          return;
        }
      fs::remove(group_, error);
    }
    GTEST_SKIP() << "needs a control group: root, and not in a container";
  }
  void TearDown() override { rmdir(group_.c_str()); }

  fs::path group_;
};

TEST_F(QuotaTest, IsFound) {
  const std::string enter = "echo $$ >" + (group_ / "cgroup.procs").string() + " && exec \"$@\"";
  const ProgramResult bounded = examine(words(), {.ranks = 2, .prefix = {"sh", "-c", enter, "sh"}});
  EXPECT_EQ(bounded.exit_code, 0) << bounded.describe();
  EXPECT_THAT(line_of(bounded, "warning", "threads"), HasSubstr("2 ranks of 1 thread in the time of 1 core"));
  if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
    EXPECT_THAT(line_of(bounded, "warning", "cores"), HasSubstr("a quota (cgroup) of the time of 1."));
  }
}

// Root may mount a small disk, for itself alone.
class SmallDiskTest : public DoctorTest {
 protected:
  void SetUp() override {
    DoctorTest::SetUp();
    if (system("unshare -m mount -t tmpfs -o size=1m t /dev/shm 2>/dev/null") != 0)
      GTEST_SKIP() << "needs the right to mount: root";
  }
  ProgramResult examine_with(const std::string& mount, const Words& arguments) const {
    return examine(arguments,
                   {.ranks = 2, .prefix = {"unshare", "-m", "sh", "-c", mount + " && exec \"$@\"", "sh"}});
  }
};

TEST_F(SmallDiskTest, FindsAFullDisk) {
  fs::create_directory(folder_ / "full");
  expect_problem(examine_with("mount -t tmpfs -o size=64k t full", words({"--run", "full/run"})),
                 "run folder", {"No space left on device", "free some space"});
}

TEST_F(SmallDiskTest, FindsADiskWithLittleRoom) {
  fs::create_directory(folder_ / "little");
  const ProgramResult result =
      examine_with("mount -t tmpfs -o size=64m t little", words({"--run", "little/run"}));
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(line_of(result, "warning", "run folder"), HasSubstr("64 MB free"));
}

TEST_F(SmallDiskTest, FindsLittleMemoryForMessages) {
  const ProgramResult result = examine_with("mount -t tmpfs -o size=1m t /dev/shm", words());
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(line_of(result, "warning", "message memory"),
              AllOf(HasSubstr("/dev/shm has 1 MB free of 1 MB"), HasSubstr("--shm-size")));
}

// Two hosts on one machine for mpirun, which starts its daemon on each by a shell of ours in place of ssh:
// with a name and mounts of their own.
class HostsTest : public SmallDiskTest {
 protected:
  // `on_second` is what the second host does before it starts its rank.
  ProgramResult examine_hosts(const std::string& on_second, const Words& more = {}) const {
    const fs::path shell = folder_ / "shell";
    write_text(shell,
               "#!/bin/sh\nhost=$1\nshift\nexec unshare --uts --mount sh -c 'hostname \"$0\"; "
               "[ \"$0\" = first ] || { " +
                   on_second + "; }; exec sh -c \"$1\"' \"$host\" \"$*\"\n");
    fs::permissions(shell, fs::perms::owner_all);
    Words all{"-q", "--host", "first:1,second:1", "-n", "2", "--bind-to", "none", GANYMEDE_PROGRAM};
    for (const std::string& word : words(more)) all.push_back(word);
    return examine(all, {.program = GANYMEDE_MPIRUN,
                         .environment = {{"OMPI_MCA_plm", "rsh"},
                                         {"OMPI_MCA_plm_rsh_agent", shell},
                                         {"OMPI_MCA_oob_tcp_if_include", "lo"},
                                         {"OMPI_MCA_btl_tcp_if_include", "lo"},
                                         {"OMPI_MCA_mpi_yield_when_idle", "1"}}});
  }
};

TEST_F(HostsTest, MeasuresTheirLinkAndClocks) {
  const ProgramResult result = examine_hosts("true");
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(line_of(result, "ok", "launcher"), HasSubstr("2 ranks on 2 hosts"));
  EXPECT_THAT(line_of(result, "ok", "between hosts"), HasSubstr("Gbit/s"));
  EXPECT_THAT(line_of(result, "ok", "clocks"), HasSubstr("ms"));
}

TEST_F(HostsTest, NamesTheOneThatLacksAShard) {
  fs::copy(folder_ / "data" / "small", folder_ / "lacking");
  fs::remove(folder_ / "lacking" / "shard_00001.h5");
  expect_problem(examine_hosts("mount --bind lacking data/small"), "data small",
                 {"  second: ", "shard_00001.h5: No such file"});
}

TEST_F(HostsTest, OfDifferentInstructionSetsAreAProblemInReproducibleMode) {
  const ProgramResult result =
      examine_hosts("export ATEN_CPU_CAPABILITY=default", {"--set", "reproducible.replicas=2"});
  EXPECT_EQ(result.exit_code, 1) << result.describe();
  EXPECT_THAT(line_of(result, "PROBLEM", "instruction set"), HasSubstr("  first: AVX"));
  EXPECT_THAT(result.output, HasSubstr("  second: DEFAULT"));
}

}  // namespace
}  // namespace ganymede
