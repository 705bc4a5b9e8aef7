// CycleGAN (Zhu et al. 2017): two generators that translate images of two domains into each other, each
// judged by a discriminator of the domain that it translates to, and held together by what is left of an
// image after both.
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/cycle/cycle_options.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

// For recipe/procedures.hpp. Throws UserError where options and setting do not go together.
JoinRanks prepare_procedure(const CycleOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator);

}  // namespace ganymede
