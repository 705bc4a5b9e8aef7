// What another attempt changes of any procedure's steps.
#pragma once

#include <gtest/gtest.h>

#include "procedures/procedure.hpp"

namespace ganymede {

// [player], copies.
inline std::vector<at::Tensor> values_of_players(Procedure& procedure) {
  std::vector<at::Tensor> weights;
  for (const Player& player : procedure.players()) weights.push_back(player.arena.values().clone());
  return weights;
}

// take_steps updates all players of a procedure that `make` makes.
template <typename Make, typename TakeSteps>
void expect_attempts_to_differ(const Make& make, const TakeSteps& take_steps) {
  const auto weights_after = [&](const Attempt& attempt) {
    const std::unique_ptr<Procedure> procedure = make();
    procedure->begin_attempt(attempt);
    take_steps(*procedure);
    return values_of_players(*procedure);
  };
  const std::vector<at::Tensor> initial = values_of_players(*make()), first = weights_after({}),
                                second = weights_after({.rollbacks = 1}),
                                still = weights_after({.rate_factor = 0});
  for (std::size_t player = 0; player < initial.size(); ++player) {
    EXPECT_FALSE(at::equal(first[player], initial[player])) << "player " << player << " learns";
    EXPECT_FALSE(at::equal(second[player], first[player])) << "player " << player << " met other numbers";
    EXPECT_TRUE(at::equal(still[player], initial[player])) << "player " << player << " has the rate's factor";
  }
}

}  // namespace ganymede
