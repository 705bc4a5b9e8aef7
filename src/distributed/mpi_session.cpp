#include "distributed/mpi_session.hpp"

#include <mpi.h>

#include <cstdlib>

#include "base/error.hpp"
#include "distributed/mpi_communicator.hpp"

namespace ganymede {

MpiSession::MpiSession(int& argc, char**& argv) {
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw CommunicationError(
        "this MPI does not support threads beside the one that communicates "
        "(MPI_THREAD_FUNNELED); use one that was built with thread support");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

MpiSession::~MpiSession() {
  MPI_Finalize();
}

std::unique_ptr<Communicator> MpiSession::make_communicator() {
  return std::make_unique<MpiCommunicator>();
}

void abort_job(int exit_code) {
  int size = 0;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (size > 1)
    MPI_Abort(MPI_COMM_WORLD, exit_code);
  else
    MPI_Finalize();  // MPI has many words for an abort, and nobody else is to be ended
  std::_Exit(exit_code);
}

void check_mpi(int status, std::string_view operation, std::source_location where) {
  if (status == MPI_SUCCESS) return;
  int initialized = 0;
  MPI_Initialized(&initialized);  // before, MPI can say neither
  if (!initialized) throw CommunicationError(fmt::format("{} failed: error {} of MPI", operation, status));
  char text[MPI_MAX_ERROR_STRING] = "unknown error";
  int length = 0;
  MPI_Error_string(status, text, &length);
  int rank = -1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  throw CommunicationError(
      fmt::format("rank {}: {} failed: {} ({}:{})", rank, operation, text, where.file_name(), where.line()));
}

}  // namespace ganymede
