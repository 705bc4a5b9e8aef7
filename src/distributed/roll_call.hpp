// How the watchdogs of a job's ranks ask each other what they are at, while everything else may hang.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "distributed/wait_board.hpp"

namespace ganymede {

using RankStates = std::vector<std::optional<RankState>>;  // [rank]; nothing of a rank that does not answer

class RollCall {
 public:
  virtual ~RollCall() = default;

  virtual int rank() const = 0;
  // "rank 1 on node7"; any rank.
  virtual std::string name_of(int rank) const = 0;

  // Answers those that have asked.
  virtual void answer(const RankState& own) = 0;
  // Asks all ranks and waits so long for their answers; answers them meanwhile.
  virtual RankStates ask(const RankState& own, double seconds) = 0;

  // Ends the job of all ranks.
  [[noreturn]] virtual void end_job(int exit_code) = 0;
};

// What rank `own` has to say of a wait of its own: in which operation it waits how long, for which ranks, and
// what these are at. A rank has not come where it does not answer, or has begun fewer operations or another
// one. The seconds are those of the wait.
std::string describe_wait(const RollCall& roll_call, const RankStates& states, std::size_t mark);

// The lowest rank that has waited for so many seconds.
std::optional<int> lowest_waiting_rank(const RankStates& states, double seconds);

}  // namespace ganymede
