// What a rank makes for itself before the ranks join their memory.
#pragma once

#include "procedures/cycle/cycle_options.hpp"
#include "procedures/cycle/domains.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

struct CycleNetworks {
  // A generator translates from its domain, a discriminator judges images of its domain.
  OfDomains<std::shared_ptr<Network>> generators, discriminators;
};

// The shapes of the domains. Throws UserError unless the options go with two domains of images.
OfDomains<ImageShape> check_domains(const CycleOptions& options, const std::vector<DataSpec>& sources);

// Local; the communicator is for their later use. Throws UserError where options and setting do not go
// together.
CycleNetworks make_cycle_networks(const CycleOptions& options, const ProcedureSetting& setting,
                                  Communicator& communicator);

}  // namespace ganymede
