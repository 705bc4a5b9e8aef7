// The adversarial procedure: a generator from noise to samples against a discriminator (Goodfellow et al.
// 2014).
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/adversarial/adversarial_options.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

// What a rank makes for itself before the ranks join their memory.
struct AdversarialNetworks {
  std::shared_ptr<Network> generator, discriminator;
  std::shared_ptr<Network> encoder = {};  // of captions; null unless conditioned by text
};

// Local; the communicator is for their later use. Throws UserError where options and setting do not go
// together.
AdversarialNetworks make_adversarial_networks(const AdversarialOptions& options,
                                              const ProcedureSetting& setting, Communicator& communicator);

// The communicator joins the replicas and must outlive the procedure. Collective.
std::unique_ptr<Procedure> make_adversarial_procedure(const AdversarialOptions& options,
                                                      const ProcedureSetting& setting,
                                                      const AdversarialNetworks& networks,
                                                      Communicator& communicator);

// Both steps for every procedure's options (recipe/procedures.hpp): the first now, the second when called.
JoinRanks prepare_procedure(const AdversarialOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator);

}  // namespace ganymede
