// The part of the grammar below `gan`. Included by recipe_grammar.hpp only.
#pragma once

#include "procedures/adversarial/adversarial_options.hpp"
#include "recipe/loss_grammar.hpp"
#include "recipe/network_grammar.hpp"
#include "recipe/update_grammar.hpp"

namespace ganymede {

inline constexpr std::array<std::pair<const char*, Update>, 2> kUpdates{
    {{"alternating", Update::alternating}, {"simultaneous", Update::simultaneous}}};

template <typename Visitor>
void visit_options(Visitor&, NoCondition&) {}

template <typename Visitor>
void visit_options(Visitor&, LabelCondition&) {}

template <typename Visitor>
void visit_options(Visitor& visitor, TextCondition& condition) {
  visitor.value("embedding_size", condition.encoder.embedding_size, kLayerSize);
  visitor.value("condition_size", condition.encoder.condition_size, kLayerSize);
  visitor.value("mismatch_weight", condition.mismatch_weight, kProbability);
  visit_update(visitor, condition.update);
}

template <typename Visitor>
void visit_options(Visitor& visitor, GradientPenalty& penalty) {
  visitor.value("weight", penalty.weight, kPositiveNumber);
}

template <typename Visitor>
void visit_options(Visitor& visitor, R1Penalty& penalty) {
  visitor.value("weight", penalty.weight, kPositiveNumber);
}

template <typename Visitor>
void visit_options(Visitor& visitor, FeatureMatchingOptions& matching) {
  visitor.value("weight", matching.weight, kPositiveNumber);
  visitor.value("layer", matching.layer, kPositiveInteger);
}

template <typename Visitor>
void visit_options(Visitor& visitor, AdversarialOptions& options) {
  visitor.choice("update", options.update, kUpdates);
  visitor.value("critic_steps", options.critic_steps, kCriticSteps);
  visitor.choice("loss", options.loss, Alternative<BceLoss>{"bce"},
                 Alternative<WassersteinLoss>{"wasserstein"}, Alternative<HingeLoss>{"hinge"},
                 Alternative<LeastSquaresLoss>{"least_squares"}, Alternative<MixedLoss>{"mixed"});
  visitor.choice("condition", options.condition, Alternative<NoCondition>{"none"},
                 Alternative<LabelCondition>{"labels"}, Alternative<TextCondition>{"text"});
  visitor.optional_choice("penalty", options.penalty, Alternative<GradientPenalty>{"gradient"},
                          Alternative<R1Penalty>{"r1"});
  visitor.value("weight_clip", options.weight_clip, kPositiveNumber);
  visitor.optional_section("feature_matching", options.feature_matching);
  visitor.value("packing", options.packing, kChannels);
  visitor.value("ema", options.ema, kProbability);
  visitor.section("generator", [&](auto& inner) {
    visit_generator_network(inner, options.generator.network);
    visit_update(inner, options.generator.update);
  });
  visitor.section("discriminator", [&](auto& inner) {
    visit_discriminator_network(inner, options.discriminator.network);
    visit_update(inner, options.discriminator.update);
  });
}

}  // namespace ganymede
