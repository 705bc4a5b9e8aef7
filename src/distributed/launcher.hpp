// Whether the launcher that started this process belongs to the MPI that it is linked with. Where it does not
// (mpiexec of MPICH with Open MPI, srun without PMIx), every process takes itself for the only rank, and all
// of them would train the same run.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace ganymede {

// A variable's value; nothing where it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

// Throws CommunicationError if the environment speaks of several ranks of one job step, and MPI of one.
void check_launcher(int mpi_size, const Environment& environment);

// This process's.
std::optional<std::string> environment_variable(const std::string& name);

}  // namespace ganymede
