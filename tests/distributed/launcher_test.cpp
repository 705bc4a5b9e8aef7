#include "distributed/launcher.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

using Variables = std::map<std::string, std::string>;

void check(int mpi_size, const Variables& variables) {
  check_launcher(mpi_size, [&](const std::string& name) -> std::optional<std::string> {
    const auto variable = variables.find(name);
    return variable == variables.end() ? std::nullopt : std::optional(variable->second);
  });
}

void expect_refused(const Variables& variables, const std::vector<std::string>& words) {
  expect_error<CommunicationError>([&] { check(1, variables); }, words);
  check(4, variables);  // MPI knows of the others
}

void expect_accepted(const Variables& variables) {
  check(1, variables);
}

TEST(Launchers, OfAnotherMpiAreNamed) {
  expect_refused({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}},
                 {"PMI_SIZE is 2", "mpiexec of MPICH", "MPI_Comm_size", "use the mpirun", "env -u PMI_SIZE"});
  expect_refused({{"OMPI_COMM_WORLD_SIZE", "3"}, {"OMPI_COMM_WORLD_RANK", "0"}},
                 {"OMPI_COMM_WORLD_SIZE is 3", "mpirun of Open MPI started 3 ranks"});
  expect_refused({{"MV2_COMM_WORLD_SIZE", "8"}, {"MV2_COMM_WORLD_RANK", "7"}},
                 {"MV2_COMM_WORLD_SIZE is 8", "MVAPICH2"});
  expect_refused({{"MPI_LOCALNRANKS", "2"}, {"MPI_LOCALRANKID", "0"}}, {"MPI_LOCALNRANKS is 2"});
  expect_refused({{"PMIX_RANK", "1"}, {"PMIX_NAMESPACE", "x"}}, {"PMIX_RANK is 1", "as rank 1"});
}

// `srun -n 4 ganymede` where Slurm has no PMIx, or this MPI does not know its.
TEST(Launchers, AStepOfSlurmIsNamed) {
  expect_refused({{"SLURM_JOB_ID", "7"},
                  {"SLURM_NTASKS", "4"},
                  {"SLURM_STEP_ID", "0"},
                  {"SLURM_STEP_NUM_TASKS", "4"},
                  {"SLURM_PROCID", "2"}},
                 {"SLURM_STEP_NUM_TASKS is 4", "srun started 4 ranks", "--mpi=pmix"});
}

TEST(Launchers, OneRankIsNoMistake) {
  expect_accepted({});
  expect_accepted({{"PMI_SIZE", "1"}, {"PMI_RANK", "0"}});
  expect_accepted({{"OMPI_COMM_WORLD_SIZE", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}, {"PMIX_RANK", "0"}});
  expect_accepted({{"PMI_SIZE", "many"}, {"PMI_RANK", "?"}});
  expect_accepted({{"PMI_SIZE", "2"}});  // set by hand, or a leftover: no rank
}

// The script of sbatch, the shell of salloc, and `srun --pty bash`: what they start is one process.
TEST(Launchers, AJobOfSlurmMayRunOneProcess) {
  const Variables batch{{"SLURM_JOB_ID", "7"},
                        {"SLURM_NTASKS", "4"},
                        {"SLURM_NPROCS", "4"},
                        {"SLURM_PROCID", "0"},
                        {"SLURM_LOCALID", "0"}};
  expect_accepted(batch);
  expect_accepted({{"SLURM_JOB_ID", "7"},
                   {"SLURM_NTASKS", "4"},
                   {"SLURM_STEP_ID", "4294967290"},
                   {"SLURM_STEP_NUM_TASKS", "1"},
                   {"SLURM_PROCID", "0"}});
  expect_accepted({{"SLURM_JOB_ID", "7"},
                   {"SLURM_STEP_ID", "0"},
                   {"SLURM_STEP_NUM_TASKS", "4"},
                   {"SLURM_PROCID", "0"},
                   {"SLURM_PTY_PORT", "40001"}});
}

// mpirun starts its helpers on other hosts by srun, one a host, and their ranks inherit the step's variables.
TEST(Launchers, MpirunInAJobOfSlurmCountsItsOwnRanks) {
  const Variables step{{"SLURM_STEP_ID", "0"}, {"SLURM_STEP_NUM_TASKS", "3"}, {"SLURM_PROCID", "1"}};
  Variables inside = step;
  inside["OMPI_COMM_WORLD_SIZE"] = "1";
  inside["OMPI_COMM_WORLD_RANK"] = "0";
  expect_accepted(inside);
}

TEST(Launchers, TheEnvironmentIsThisProcesss) {
  EXPECT_TRUE(environment_variable("PATH"));
  EXPECT_FALSE(environment_variable("GANYMEDE_NO_SUCH_VARIABLE"));
}

}  // namespace
}  // namespace ganymede
