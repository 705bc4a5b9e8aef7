// The adversarial procedure: a generator from noise to images against a discriminator (Goodfellow et al.
// 2014).
#pragma once

#include "base/image_shape.hpp"
#include "distributed/communicator.hpp"
#include "gans/gan.hpp"
#include "networks/registry.hpp"
#include "objectives/adversarial_loss.hpp"

namespace ganymede {

enum class Update {
  alternating,   // discriminator first, then the generator against the updated discriminator, on the same
                 // noise
  simultaneous,  // one forward pass serves both gradients, then both networks are updated
};

struct GeneratorPlayerOptions {
  GeneratorOptions network;
  OptimizerOptions optimizer;
};

struct DiscriminatorPlayerOptions {
  DiscriminatorOptions network;
  OptimizerOptions optimizer;
};

struct AdversarialGanOptions {
  Update update = Update::alternating;
  AdversarialLoss loss = AdversarialLoss::bce;
  GeneratorPlayerOptions generator;
  DiscriminatorPlayerOptions discriminator;
};

// What a GAN needs to know besides its recipe.
struct GanSetting {
  std::uint64_t seed = 0;
  ImageShape shape;
  at::ScalarType dtype = at::kFloat;
};

// The communicator joins the replicas and must outlive the GAN.
std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          Communicator& communicator);

}  // namespace ganymede
