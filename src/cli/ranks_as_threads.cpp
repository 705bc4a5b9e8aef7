#include "cli/ranks_as_threads.hpp"

#include <pthread.h>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "cli/terminal.hpp"
#include "distributed/board_roll_call.hpp"
#include "distributed/launcher.hpp"
#include "distributed/loopback_communicator.hpp"
#include "distributed/watchdog.hpp"

namespace ganymede {

void run_ranks_as_threads(int ranks, const std::function<void(Communicator&)>& body) {
  try {
    check_launcher(/*mpi_size=*/1, environment_variable);
  } catch (const CommunicationError&) {
    throw UserError(
        fmt::format("--threads-as-ranks {}: the ranks are to be threads of one process, but a launcher has "
                    "started several; start it without mpirun or srun, or leave the option out",
                    ranks));
  }
  std::vector<std::shared_ptr<WaitBoard>> boards(static_cast<std::size_t>(ranks));
  run_loopback_ranks(ranks, [&](Communicator& communicator) {
    const int rank = communicator.rank();
    pthread_setname_np(pthread_self(), fmt::format("rank {}", rank).c_str());
    start_console_log_of_thread(rank);
    boards[static_cast<std::size_t>(rank)] = communicator.board();
    communicator.barrier();
    Watchdog watchdog(communicator.board(), print_error);
    watchdog.set_roll_call(std::make_unique<BoardRollCall>(rank, boards));
    body(communicator);
  });
}

}  // namespace ganymede
