// What a recipe can say of the adversarial procedure. A variant of the tutorial is a composition of these.
#pragma once

#include <optional>

#include "data/samples/field.hpp"
#include "networks/caption_encoder.hpp"
#include "networks/registry.hpp"
#include "objectives/adversarial_loss.hpp"
#include "objectives/penalty.hpp"
#include "procedures/update_options.hpp"

namespace ganymede {

enum class Update {
  alternating,   // the discriminator, then the generator against it as updated, on the same noise
  simultaneous,  // one forward pass serves both gradients, then both networks are updated
};

struct NoCondition {};

// One-hot, beside the noise and beside the image (Mirza and Osindero 2014).
struct LabelCondition {};

// The encoded caption, likewise. The encoder is trained with the discriminator's loss; for the generator it
// is a constant. Fakes have the captions of the real batch.
struct TextCondition {
  CaptionEncoderOptions encoder = {};
  // Of the discriminator's loss of fakes the part that real samples with captions of others have (GAN-CLS:
  // Reed et al. 2016, algorithm 1); 0 makes none.
  double mismatch_weight = 0.5;
  UpdateOptions update = {};
};

using Condition = std::variant<NoCondition, LabelCondition, TextCondition>;

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

struct AdversarialOptions {
  Update update = Update::alternating;
  // Discriminator updates for each of the generator, each on a batch of its own; the generator's update uses
  // the noise of the last.
  std::int64_t critic_steps = 1;
  AdversarialLoss loss = {};
  Condition condition = {};
  std::optional<Penalty> penalty = {};
  std::optional<double> weight_clip = {};  // of the critic's weights, right after each of its updates
  std::optional<FeatureMatchingOptions> feature_matching = {};
  // The discriminator judges this many samples at a time, joined as channels (Lin et al. 2018). They stand at
  // consecutive places of the global batch.
  std::int64_t packing = 1;
  // Decay of the average of the generator's weights and running statistics, and of the caption encoder's
  // weights, that samples are drawn from.
  std::optional<double> ema = {};
  GeneratorPlayerOptions generator;
  DiscriminatorPlayerOptions discriminator;
};

// That the networks know of the source's classes; 0 without conditioning.
inline std::int64_t conditioned_classes(const AdversarialOptions& options, const DataSpec& source) {
  return std::holds_alternative<LabelCondition>(options.condition) ? source.classes() : 0;
}

// What every procedure's options answer (recipe/procedures.hpp).

// Datasets that it trains from.
inline std::size_t source_count(const AdversarialOptions&) {
  return 1;
}

// Consecutive places of the global batch that stay on one rank.
inline std::int64_t places_together(const AdversarialOptions& options) {
  return options.packing;
}

// Throws UserError on parts that contradict each other or the batch, or that cannot be reproduced over
// virtual replicas where there are any.
void check_options(const AdversarialOptions& options, const BatchOptions& batch);

// Throws UserError where a network would normalise over one value, whose variance is not a number.
void check_shares(const AdversarialOptions& options, const BatchOptions& batch, int ranks);

}  // namespace ganymede
