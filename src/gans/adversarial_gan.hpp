// The adversarial procedure: a generator from noise to samples against a discriminator (Goodfellow et al.
// 2014).
#pragma once

#include "distributed/communicator.hpp"
#include "gans/adversarial_options.hpp"
#include "gans/gan.hpp"

namespace ganymede {

// What a GAN needs to know besides its recipe.
struct GanSetting {
  std::uint64_t seed = 0;
  ImageShape shape;
  std::int64_t classes = 0;  // of the dataset; 0 without labels
  at::ScalarType dtype = at::kFloat;
  // Reproducible mode: the global batch is cut into this many virtual replicas, which every rank runs one
  // after another, and their gradients are added up along one binary tree. Any number of ranks gives the same
  // bits.
  std::optional<std::int64_t> replicas = {};
};

// What a rank makes for itself before the ranks join their memory.
struct AdversarialNetworks {
  std::shared_ptr<Network> generator, discriminator;
};

// Local; the communicator is for their later use. Throws UserError where options and setting do not go
// together.
AdversarialNetworks make_adversarial_networks(const AdversarialGanOptions& options, const GanSetting& setting,
                                              Communicator& communicator);

// The communicator joins the replicas and must outlive the GAN. Collective.
std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          const AdversarialNetworks& networks, Communicator& communicator);
// Both, for ranks that fail alike or are alone.
std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          Communicator& communicator);

}  // namespace ganymede
