#include "diagnosis/host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "diagnosis/host_ranks.hpp"
#include "diagnosis/versions.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

using testing::AllOf;
using testing::HasSubstr;

void expect_finding(const Finding& finding, Verdict verdict, const std::vector<std::string>& words) {
  EXPECT_EQ(finding.verdict, verdict) << finding.found;
  for (const std::string& word : words) EXPECT_THAT(finding.found, HasSubstr(word));
  EXPECT_EQ(finding.advice.empty(), verdict == Verdict::ok) << finding.found;
}

cpu_set_t some_cores(std::size_t first, std::size_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t core = first; core < first + count; ++core) CPU_SET(core, &set);
  return set;
}

// Ranks of a host with `cores`, each bound to `own` of them (0: to none), one after the other.
std::vector<RankCores> ranks_on(std::size_t cores, int ranks, std::size_t own, int threads) {
  std::vector<RankCores> all;
  for (int rank = 0; rank < ranks; ++rank) {
    const std::size_t first = own * static_cast<std::size_t>(rank) % cores;
    all.push_back({.rank = rank,
                   .threads = threads,
                   .allowed = own == 0 ? some_cores(0, cores) : some_cores(first, own),
                   .of_launcher = some_cores(0, cores)});
  }
  return all;
}

TEST(ExamineThreads, RanksThatFitAreWell) {
  expect_finding(examine_threads(ranks_on(8, 2, 4, 4), {}), Verdict::ok, {"2 ranks of 4 threads on 8 cores"});
  expect_finding(examine_threads(ranks_on(8, 1, 0, 8), {}), Verdict::ok, {"1 rank of 8 threads on 8 cores"});
  expect_finding(examine_threads(ranks_on(8, 2, 0, 1), 2.0), Verdict::ok, {"2 ranks of 1 thread"});
}

// As mpirun binds ranks by default, where threads are asked for.
TEST(ExamineThreads, SeveralThreadsOnOneCoreAreAProblem) {
  const HostFinding finding = examine_threads(ranks_on(8, 2, 1, 4), {});
  expect_finding(finding, Verdict::problem,
                 {"2 ranks of 4 threads", "bound to fewer cores than threads: rank 0, 1"});
  EXPECT_THAT(finding.advice, AllOf(HasSubstr("--bind-to none"), HasSubstr("launch/mpirun")));
  // srun, which leaves each rank a core of its own.
  std::vector<RankCores> ranks = ranks_on(2, 2, 1, 2);
  for (RankCores& rank : ranks) rank.of_launcher = rank.allowed;
  expect_finding(examine_threads(ranks, {}), Verdict::problem,
                 {"bound to fewer cores than threads: rank 0, 1"});
}

TEST(ExamineThreads, MoreThreadsThanCoresAreNoted) {
  expect_finding(examine_threads(ranks_on(2, 3, 0, 1), {}), Verdict::warning,
                 {"3 ranks of 1 thread in the time of 2 cores"});
  expect_finding(examine_threads(ranks_on(2, 1, 0, 4), {}), Verdict::warning, {"1 rank of 4 threads"});
  expect_finding(examine_threads(ranks_on(8, 2, 0, 1), 1.0), Verdict::warning, {"in the time of 1 core"});
  expect_finding(examine_threads(ranks_on(8, 1, 0, 8), 1.0), Verdict::warning, {"in the time of 1 core"});
  expect_finding(examine_threads(ranks_on(8, 1, 0, 9), 1.0), Verdict::problem, {"in the time of 1 core"});
}

// `mpirun -n 1`: bound to one core it computes with one thread.
TEST(ExamineThreads, CoresThatBindingLeavesIdleAreNoted) {
  expect_finding(examine_threads(ranks_on(8, 1, 1, 1), {}), Verdict::warning, {"bound to 1 of 8 cores"});
}

TEST(ExamineCores, AQuotaIsNoted) {
  expect_finding(examine_cores(ranks_on(8, 1, 0, 1), 1.0), Verdict::warning, {"8 cores", "quota", "of 1"});
  expect_finding(examine_cores(ranks_on(8, 1, 0, 1), 1.5), Verdict::warning, {"1.5"});
  expect_finding(examine_cores(ranks_on(8, 1, 1, 1), {}), Verdict::ok, {"8 cores"});
  expect_finding(examine_cores(ranks_on(8, 1, 0, 1), 8.0), Verdict::ok, {"8 cores"});
}

TEST(ExamineMessageMemory, MpiTakesAFewMegabytesARank) {
  const TemporaryFolder folder;
  expect_finding(examine_message_memory(folder.path(), 4), Verdict::ok, {"16 MB", "4 ranks"});
  expect_finding(examine_message_memory(folder.path(), 1'000'000'000), Verdict::warning, {"MPI may take"});
  expect_finding(examine_message_memory(folder / "absent", 4), Verdict::warning, {"absent", "No such file"});
}

TEST(ExamineProcessor, IsComparedBetweenHosts) {
  const Processor processor{.model = "Some CPU", .vectors = "AVX512", .bfloat16 = true};
  const auto plain = examine_processor(processor, false), reproducible = examine_processor(processor, true);
  expect_finding(plain[1], Verdict::ok, {"AVX512, with bfloat16"});
  EXPECT_FALSE(plain[0].if_hosts_differ);
  EXPECT_EQ(plain[1].if_hosts_differ->verdict, Verdict::warning);
  EXPECT_EQ(reproducible[0].if_hosts_differ->verdict, Verdict::warning);
  EXPECT_EQ(reproducible[1].if_hosts_differ->verdict, Verdict::problem);
  expect_finding(examine_processor({.model = "Old CPU", .vectors = "DEFAULT"}, false)[1], Verdict::warning,
                 {"DEFAULT"});
}

TEST(ExamineProcessor, ItsModelIsRead) {
  const TemporaryFolder root;
  std::filesystem::create_directories(root / "proc");
  write_text(root / "proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\nflags\t\t: fpu\n");
  EXPECT_EQ(find_processor(root.path()).model, "Some CPU @ 2 GHz");
  EXPECT_FALSE(find_processor().vectors.empty());
}

TEST(ExamineGpus, CountsDevicesAndNamesTheDriver) {
  const TemporaryFolder root;
  expect_finding(examine_gpus(std::nullopt, root.path()), Verdict::ok, {"none", "on the CPU"});
  expect_finding(examine_gpus(0, root.path()), Verdict::ok, {"none", "on the CPU"});
  std::filesystem::create_directories(root / "dev");
  for (const char* device : {"dev/nvidia0", "dev/nvidia11", "dev/nvidiactl", "dev/nvidia-uvm"})
    write_text(root / device, "");
  expect_finding(examine_gpus(std::nullopt, root.path()), Verdict::ok, {"2 of NVIDIA", "without a driver"});
  std::filesystem::create_directories(root / "proc/driver/nvidia");
  write_text(root / "proc/driver/nvidia/version",
             "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.14  Thu Feb 22 01:44:30 UTC 2024\n");
  expect_finding(examine_gpus(std::nullopt, root.path()), Verdict::ok,
                 {"2 of NVIDIA", "driver 550.54.14", "neither CUDA nor NCCL"});
  expect_finding(examine_gpus(2, root.path()), Verdict::ok, {"2 of NVIDIA", "can use 2"});
  const HostFinding unusable = examine_gpus(0, root.path());
  expect_finding(unusable, Verdict::warning, {"2 of NVIDIA", "can use none"});
  EXPECT_THAT(unusable.advice, testing::HasSubstr("CUDA_VISIBLE_DEVICES"));
}

TEST(ExamineLibrary, OfAnotherVersionThanItsHeadersIsAProblem) {
  const HostFinding well = examine_library({.name = "MPI", .compiled = "4.1.4", .loaded = "4.1.4"});
  expect_finding(well, Verdict::ok, {"4.1.4"});
  EXPECT_EQ(well.if_hosts_differ->verdict, Verdict::problem);
  expect_finding(examine_library({.name = "MPI", .compiled = "4.1.4", .loaded = "5.0.1"}), Verdict::problem,
                 {"5.0.1 runs", "compiled for 4.1.4"});
}

}  // namespace
}  // namespace ganymede
