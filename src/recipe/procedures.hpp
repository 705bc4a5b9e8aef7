// All procedures: the one list of them. A procedure's folder answers these functions for its own options.
#pragma once

#include <variant>

#include "procedures/adversarial/adversarial_procedure.hpp"
#include "procedures/cycle/cycle_procedure.hpp"
#include "procedures/sequence/sequence_procedure.hpp"

namespace ganymede {

using ProcedureOptions = std::variant<AdversarialOptions, SequenceOptions, CycleOptions>;

// Datasets that it trains from.
std::size_t source_count(const ProcedureOptions& options);

// Consecutive places of the global batch that stay on one rank.
std::int64_t places_together(const ProcedureOptions& options);

// Throws UserError on options that contradict each other or the batch.
void check_options(const ProcedureOptions& options, const BatchOptions& batch);

// Throws UserError where the ranks' shares of a batch are too small.
void check_shares(const ProcedureOptions& options, const BatchOptions& batch, int ranks);

// Makes the networks, locally: a failure may be of this rank alone. What comes back lets the ranks join their
// memory, and is collective.
JoinRanks prepare_procedure(const ProcedureOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator);

}  // namespace ganymede
