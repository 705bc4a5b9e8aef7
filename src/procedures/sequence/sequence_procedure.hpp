// SeqGAN (Yu et al. 2017): a generator of token sequences, trained by likelihood and then by the policy
// gradient of rewards that a discriminator gives to whole sequences.
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/procedure.hpp"
#include "procedures/sequence/sequence_options.hpp"

namespace ganymede {

// For recipe/procedures.hpp. Throws UserError where options and setting do not go together.
JoinRanks prepare_procedure(const SequenceOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator);

}  // namespace ganymede
