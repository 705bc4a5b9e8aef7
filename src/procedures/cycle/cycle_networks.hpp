// What a rank makes for itself before the ranks join their memory.
#pragma once

#include "procedures/cycle/cycle_options.hpp"
#include "procedures/cycle/domains.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

struct CycleNetworks {
  // A generator translates from its domain, a discriminator judges images of its domain.
  OfDomains<std::shared_ptr<Network>> generators, discriminators;
  OfDomains<ImageShape> shapes;  // of the domains' images
};

// Local; the communicator is for their later use. Throws UserError where options and setting do not go
// together.
CycleNetworks make_cycle_networks(const CycleOptions& options, const ProcedureSetting& setting,
                                  Communicator& communicator);

}  // namespace ganymede
