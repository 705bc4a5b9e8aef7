// A roll call over MPI, on a communicator of its own. Needs threads that may communicate at the same time.
#pragma once

#include <list>

#include "distributed/mpi/mpi_handle.hpp"
#include "distributed/roll_call.hpp"

namespace ganymede {

class MpiRollCall final : public RollCall {
 public:
  // Of the ranks of a communicator, which it duplicates. Collective; of all that follows each call is one
  // rank's own.
  explicit MpiRollCall(MPI_Comm ranks);

  int rank() const override { return rank_; }
  std::string name_of(int rank) const override;

  void answer(const RankState& own) override;
  RankStates ask(const RankState& own, double seconds) override;
  [[noreturn]] void end_job(int exit_code) override;

 private:
  struct Message {
    std::int64_t round = 0;  // of the rank that asks
    RankState state;
  };
  struct Sent {
    Message message;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  void send(const Message& message, int to, int tag);
  // Whether one has arrived; from whom.
  std::optional<int> receive(Message& message, int tag);

  MpiHandle ranks_;
  int rank_ = 0, size_ = 1;
  std::vector<std::string> hosts_;  // [rank]
  std::int64_t round_ = 0;
  std::list<Sent> outbox_;  // a rank that is stopped takes nothing
};

}  // namespace ganymede
