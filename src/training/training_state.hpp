// What training keeps between steps, as named tensors: weights, their average, running statistics, optimizer
// state. Once for all ranks: randomness and data order are functions of the step, so nothing belongs to a
// rank.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "distributed/communicator.hpp"
#include "gans/gan.hpp"
#include "storage/named_tensor.hpp"

namespace ganymede {

// "<player>/parameters/<p>", "<player>/buffers/<b>", "<player>/average/<p>",
// "<player>/optimizer/<state>/<p>".
using TrainingState = std::vector<NamedTensor>;

// Shares the players' memory.
TrainingState view_state(const std::vector<Player>& players);

// A copy in host memory, which further training does not change.
TrainingState take_snapshot(const std::vector<Player>& players);

// CRC-32 over all tensors, in order: equal weights, statistics and moments give equal numbers.
std::uint32_t checksum_state(const TrainingState& state);
std::uint32_t checksum_state(const std::vector<Player>& players);

// The name of the first tensor with a NaN or an infinity.
std::optional<std::string> find_not_finite(const TrainingState& state);

// Gives the players a stored state. Throws DataError, and changes nothing, if it is not theirs; `source` is
// for messages.
void restore_state(const TrainingState& stored, const std::vector<Player>& players,
                   const std::string& source);

// Makes all ranks equal to rank 0. Collective.
void broadcast_state(Communicator& communicator, const std::vector<Player>& players);

}  // namespace ganymede
