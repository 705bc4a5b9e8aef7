#include "distributed/mpi/mpi_session.hpp"

#include <mpi.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "distributed/mpi/mpi_communicator.hpp"

namespace ganymede {
namespace {

constexpr unsigned kAbortSeconds = 10;  // that ending a job may take

}  // namespace

MpiSession::MpiSession(int& argc, char**& argv, LastWords last_words) {
  watchdog_.emplace(board_, std::move(last_words));
  const WaitMark::Wait wait(mark_, {.name = "the start of MPI"});
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(&argc, &argv, MPI_THREAD_MULTIPLE, &provided), "MPI_Init_thread");
  if (provided < MPI_THREAD_FUNNELED)
    throw CommunicationError(
        "this MPI does not support threads beside the one that communicates "
        "(MPI_THREAD_FUNNELED); use one that was built with thread support");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
}

MpiSession::~MpiSession() {
  const WaitMark::Wait wait(mark_, {.name = "the end of the job"});
  MPI_Barrier(MPI_COMM_WORLD);  // the last wait in which the ranks can still ask each other
  if (watchdog_) watchdog_->set_roll_call(nullptr);
  MPI_Finalize();
}

std::unique_ptr<Communicator> MpiSession::make_communicator() {
  auto communicator = std::make_unique<MpiCommunicator>(/*host_size=*/0, board_);
  if (communicator->size() == 1)
    watchdog_.reset();
  else
    watchdog_->set_roll_call(communicator->make_roll_call());
  return communicator;
}

void abort_job(int exit_code) {
  int initialized = 0, size = 0;
  MPI_Initialized(&initialized);  // not where ranks are threads
  if (initialized) MPI_Comm_size(MPI_COMM_WORLD, &size);
  alarm(kAbortSeconds);  // the launcher may be gone, or cut off
  if (size > 1) MPI_Abort(MPI_COMM_WORLD, exit_code);
  if (size == 1) MPI_Finalize();  // MPI has many words for an abort, and nobody else is to be ended
  std::_Exit(exit_code);
}

LibraryVersion mpi_version() {
  LibraryVersion version{.name = "MPI", .compiled = "an unknown version", .loaded = {}};
#if defined(OMPI_MAJOR_VERSION)
  version.name = "Open MPI";
  version.compiled = fmt::format("{}.{}.{}", OMPI_MAJOR_VERSION, OMPI_MINOR_VERSION, OMPI_RELEASE_VERSION);
#elif defined(MPICH_VERSION)
  version.name = "MPICH";
  version.compiled = MPICH_VERSION;
#endif
  // "Open MPI v4.1.4, package: ...", "MPICH Version:      4.0.2\nMPICH Release date: ..."
  char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  check_mpi(MPI_Get_library_version(text, &length), "MPI_Get_library_version");
  const std::string loaded = text;
  const std::size_t begin = loaded.find_first_of("0123456789");
  version.loaded = begin == std::string::npos
                       ? loaded
                       : loaded.substr(begin, loaded.find_first_not_of("0123456789.", begin) - begin);
  return version;
}

bool threads_may_communicate() {
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Query_thread(&provided), "MPI_Query_thread");
  return provided == MPI_THREAD_MULTIPLE;
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
