// The part of the grammar that says how a network is trained. Included by the procedures' grammars only.
#pragma once

#include "procedures/update_options.hpp"
#include "recipe/recipe_reader.hpp"
#include "recipe/recipe_writer.hpp"

namespace ganymede {

template <typename Visitor>
void visit_options(Visitor& visitor, AdamOptions& options) {
  visitor.value("learning_rate", options.learning_rate, kPositiveNumber);
  visitor.value("beta1", options.beta1, kProbability);
  visitor.value("beta2", options.beta2, kProbability);
  visitor.value("epsilon", options.epsilon, kPositiveNumber);
}

template <typename Visitor>
void visit_options(Visitor& visitor, RmspropOptions& options) {
  visitor.value("learning_rate", options.learning_rate, kPositiveNumber);
  visitor.value("decay", options.decay, kProbability);
  visitor.value("epsilon", options.epsilon, kPositiveNumber);
}

template <typename Visitor>
void visit_options(Visitor& visitor, SgdOptions& options) {
  visitor.value("learning_rate", options.learning_rate, kPositiveNumber);
  visitor.value("momentum", options.momentum, kProbability);
}

template <typename Visitor>
void visit_options(Visitor&, ConstantRate&) {}

template <typename Visitor, typename Decay>
requires std::same_as<Decay, LinearDecay> || std::same_as<Decay, CosineDecay>
void visit_options(Visitor& visitor, Decay& decay) {
  visitor.value("start", decay.start, kCount);
  visitor.value("steps", decay.steps, kPositiveInteger);
  visitor.value("final_factor", decay.final_factor, kProbabilityOrOne);
}

template <typename Visitor>
void visit_update(Visitor& visitor, UpdateOptions& options) {
  visitor.required("optimizer");
  visitor.choice("optimizer", options.optimizer, Alternative<AdamOptions>{"adam"},
                 Alternative<RmspropOptions>{"rmsprop"}, Alternative<SgdOptions>{"sgd"});
  visitor.choice("schedule", options.schedule.decay, Alternative<ConstantRate>{"constant"},
                 Alternative<LinearDecay>{"linear_decay"}, Alternative<CosineDecay>{"cosine"});
  visitor.value("warm_up_steps", options.schedule.warm_up_steps, kCount);
  visitor.value("clip_gradient_norm", options.clip_gradient_norm, kPositiveNumber);
  visitor.value("spectral_norm", options.spectral_norm);
}

}  // namespace ganymede
