// What a recipe can say of the adversarial procedure. A variant of the tutorial is a composition of these.
#pragma once

#include <optional>

#include "networks/registry.hpp"
#include "objectives/adversarial_loss.hpp"
#include "objectives/penalty.hpp"
#include "optimization/learning_rate_schedule.hpp"
#include "optimization/optimizer.hpp"

namespace ganymede {

enum class Update {
  alternating,   // the discriminator, then the generator against it as updated, on the same noise
  simultaneous,  // one forward pass serves both gradients, then both networks are updated
};

enum class Conditioning {
  none,
  labels,  // one-hot, beside the noise and beside the image (Mirza and Osindero 2014)
};

// How one network is trained.
struct UpdateOptions {
  OptimizerOptions optimizer;
  LearningRateSchedule schedule = {};
  std::optional<double> clip_gradient_norm = {};  // of all gradients of the network together
  bool spectral_norm = false;
};

struct GeneratorPlayerOptions {
  GeneratorOptions network;
  UpdateOptions update;
};

struct DiscriminatorPlayerOptions {
  DiscriminatorOptions network;
  UpdateOptions update;
};

// Adds weight x |mean features of fakes - mean features of reals|^2 to the generator's loss.
struct FeatureMatchingOptions {
  double weight = 1;
  std::optional<std::int64_t> layer;  // hidden layer of the discriminator, from 1; the last by default
};

struct AdversarialGanOptions {
  Update update = Update::alternating;
  // Discriminator updates for each of the generator, each on a batch of its own; the generator's update uses
  // the noise of the last.
  std::int64_t critic_steps = 1;
  AdversarialLoss loss = {};
  Conditioning condition = Conditioning::none;
  std::optional<Penalty> penalty = {};
  std::optional<double> weight_clip = {};  // of the critic's weights, right after each of its updates
  std::optional<FeatureMatchingOptions> feature_matching = {};
  // The discriminator judges this many samples at a time, joined as channels (Lin et al. 2018). They stand at
  // consecutive places of the global batch.
  std::int64_t packing = 1;
  // Decay of the average of the generator's weights and running statistics that samples are drawn from.
  std::optional<double> ema = {};
  GeneratorPlayerOptions generator;
  DiscriminatorPlayerOptions discriminator;
};

// Throws UserError on parts that contradict each other, or that cannot be reproduced over virtual replicas
// where there are any.
void check_options(const AdversarialGanOptions& options, std::optional<std::int64_t> replicas);

// How many share a global batch.
struct BatchSharing {
  std::int64_t global_batch_size;
  int ranks;
  std::optional<std::int64_t> replicas = {};  // virtual
};

// Throws UserError where a network would normalise over one value, whose variance is not a number.
void check_batch_statistics(const AdversarialGanOptions& options, const BatchSharing& sharing);

}  // namespace ganymede
