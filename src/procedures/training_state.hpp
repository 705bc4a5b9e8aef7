// What training keeps between steps, as named tensors: weights, their average, running statistics, optimizer
// state, and what the procedure keeps beside. Once for all ranks: randomness and data order are functions of
// the step, so nothing belongs to a rank.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "distributed/communicator.hpp"
#include "procedures/procedure.hpp"
#include "storage/named_tensor.hpp"

namespace ganymede {

// "<player>/parameters/<p>", "<player>/buffers/<b>", "<player>/average/<p>",
// "<player>/optimizer/<state>/<p>", "procedure/<own state>".
using TrainingState = std::vector<NamedTensor>;

// Shares the procedure's memory.
TrainingState view_state(Procedure& procedure);

// A copy in host memory, which further training does not change.
TrainingState take_snapshot(Procedure& procedure);

// CRC-32 over all tensors, in order: equal weights, statistics and moments give equal numbers.
std::uint32_t checksum_state(const TrainingState& state);
std::uint32_t checksum_state(Procedure& procedure);

// The name of the first tensor with a NaN or an infinity.
std::optional<std::string> find_not_finite(const TrainingState& state);

// Gives the procedure a stored state. Throws DataError, and changes nothing, if it is not its own; `source`
// is for messages.
void restore_state(const TrainingState& stored, Procedure& procedure, const std::string& source);

// Makes all ranks equal to rank 0. Collective.
void broadcast_state(Communicator& communicator, Procedure& procedure);

}  // namespace ganymede
