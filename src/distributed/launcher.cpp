#include "distributed/launcher.hpp"

#include <array>
#include <charconv>
#include <cstdlib>

#include "base/error.hpp"

namespace ganymede {
namespace {

struct Launcher {
  const char* name;
  const char* ranks;  // the variable that says how many it started
  const char* place;  // and one that it sets for each of them
};

// Of all ranks of a job.
constexpr std::array kLaunchers{
    Launcher{"mpirun of Open MPI", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    Launcher{"mpirun_rsh of MVAPICH2", "MV2_COMM_WORLD_SIZE", "MV2_COMM_WORLD_RANK"},
    Launcher{"mpiexec of MPICH, Intel MPI or MVAPICH2", "PMI_SIZE", "PMI_RANK"},
};
// Those that only know the ranks of a host, or that other launchers start their helpers with.
constexpr std::array kOuterLaunchers{
    Launcher{"mpiexec of MPICH or Intel MPI", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
    Launcher{"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
};

int number_in(const Environment& environment, const char* variable) {
  const std::string text = environment(variable).value_or("");
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

[[noreturn]] void refuse(const char* variable, int value, const std::string& who, const std::string& advice) {
  throw CommunicationError(fmt::format(
      "{} is {}: {}, but MPI knows of 1 rank (MPI_Comm_size), so that each would train alone; {}; or, "
      "if that is meant, start it without the variable (env -u {})",
      variable, value, who, advice, variable));
}

// Within `srun --pty bash` people start one process after another.
bool is_shell_of_slurm(const Environment& environment) {
  return !environment("SLURM_STEP_ID") || environment("SLURM_PTY_PORT");
}

}  // namespace

void check_launcher(int mpi_size, const Environment& environment) {
  if (mpi_size > 1) return;
  const auto started = [&](const Launcher& launcher) {
    return environment(launcher.place) ? number_in(environment, launcher.ranks) : 0;
  };
  // One that started one rank is MPI's own, whatever another started around it.
  for (const Launcher& launcher : kLaunchers)
    if (started(launcher) == 1) return;
  const auto check = [&](const Launcher& launcher, const std::string& advice) {
    if (const int ranks = started(launcher); ranks > 1)
      refuse(launcher.ranks, ranks, fmt::format("{} started {} ranks", launcher.name, ranks), advice);
  };
  const std::string own_mpirun = "use the mpirun of the MPI that this program was built with";
  for (const Launcher& launcher : kLaunchers) check(launcher, own_mpirun);
  const bool is_shell = is_shell_of_slurm(environment);
  for (const Launcher& launcher : kOuterLaunchers)
    if (launcher.name != std::string("srun"))
      check(launcher, own_mpirun);
    else if (!is_shell)
      check(launcher, "use srun --mpi=pmix, or mpirun in the job's script");
  if (const int rank = number_in(environment, "PMIX_RANK"); rank > 0)
    refuse("PMIX_RANK", rank, fmt::format("a launcher started this process as rank {}", rank), own_mpirun);
}

std::optional<std::string> environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace ganymede
