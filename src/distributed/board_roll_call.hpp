// A roll call of ranks that are threads of one process: each can look at the others' boards.
#pragma once

#include <cstdlib>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "distributed/roll_call.hpp"

namespace ganymede {

class BoardRollCall final : public RollCall {
 public:
  BoardRollCall(int rank, std::vector<std::shared_ptr<WaitBoard>> boards)  // [rank]
      : rank_(rank), boards_(std::move(boards)) {}

  int rank() const override { return rank_; }
  std::string name_of(int rank) const override { return fmt::format("rank {}", rank); }
  void answer(const RankState&) override {}
  RankStates ask(const RankState&, double) override {
    RankStates states;
    for (const auto& board : boards_) states.emplace_back(board->state());
    return states;
  }
  [[noreturn]] void end_job(int exit_code) override { std::_Exit(exit_code); }

 private:
  const int rank_;
  const std::vector<std::shared_ptr<WaitBoard>> boards_;
};

}  // namespace ganymede
