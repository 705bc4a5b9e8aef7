// The lifetime of MPI in this process, and the watch over what its ranks wait for. Made once, in main, before
// any MpiCommunicator.
#pragma once

#include <memory>
#include <source_location>
#include <string_view>

#include "base/library_version.hpp"
#include "distributed/communicator.hpp"
#include "distributed/watchdog.hpp"

namespace ganymede {

class MpiSession {
 public:
  MpiSession(int& argc, char**& argv, LastWords last_words);
  ~MpiSession();  // finalizes: every rank must get here
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  // A communicator over all ranks of the job, whose waits are watched. Collective.
  std::unique_ptr<Communicator> make_communicator();

 private:
  const std::shared_ptr<WaitBoard> board_ = std::make_shared<WaitBoard>();
  WaitMark& mark_ = board_->add_mark();
  std::optional<Watchdog> watchdog_;  // of several ranks
};

// Ends the job of all ranks from one of them: for a failure that the others do not know of.
[[noreturn]] void abort_job(int exit_code);

LibraryVersion mpi_version();

// Whether threads may communicate at the same time (MPI_THREAD_MULTIPLE).
bool threads_may_communicate();

// Throws CommunicationError with MPI's own text when a call failed.
void check_mpi(int status, std::string_view operation,
               std::source_location where = std::source_location::current());

}  // namespace ganymede
