// The part of the grammar below `sequence`. Included by recipe_grammar.hpp only.
#pragma once

#include "procedures/sequence/sequence_options.hpp"
#include "recipe/update_grammar.hpp"

namespace ganymede {

inline constexpr std::array<std::pair<const char*, SequenceReward>, 2> kSequenceRewards{
    {{"discriminator", SequenceReward::discriminator}, {"constant", SequenceReward::constant}}};
inline constexpr Range kFilterWidth{.low = 1, .high = 10'000, .expected = "an integer from 1 to 10000"};
inline constexpr Range kRollouts{.low = 1, .high = 255, .expected = "an integer from 1 to 255"};

template <typename Visitor>
void visit_options(Visitor& visitor, LstmGeneratorOptions& options) {
  visitor.value("embedding_size", options.embedding_size, kLayerSize);
  visitor.value("hidden_size", options.hidden_size, kLayerSize);
  visitor.value("initial_deviation", options.initial_deviation, kPositiveNumber);
}

template <typename Visitor>
void visit_options(Visitor& visitor, LstmDiscriminatorOptions& options) {
  visitor.value("embedding_size", options.embedding_size, kLayerSize);
  visitor.value("hidden_size", options.hidden_size, kLayerSize);
}

template <typename Visitor>
void visit_options(Visitor& visitor, CnnDiscriminatorOptions& options) {
  visitor.value("embedding_size", options.embedding_size, kLayerSize);
  visitor.value("filter_widths", options.filter_widths, kFilterWidth);
  visitor.value("filters", options.filters, kLayerSize);
  visitor.value("dropout", options.dropout, kProbability);
  visitor.value("output_penalty", options.output_penalty, kWeightFromZero);
}

template <typename Visitor>
void visit_options(Visitor& visitor, OracleOptions& options) {
  visitor.value("seed", options.seed, kSeedRange);
  visitor.value("file", options.file);
}

template <typename Visitor>
void visit_options(Visitor& visitor, SequenceOptions& options) {
  visitor.value("likelihood_steps", options.likelihood_steps, kCount);
  visitor.value("discriminator_start", options.discriminator_start, kCount);
  visitor.value("discriminator_steps", options.discriminator_steps, kCriticSteps);
  visitor.value("rollouts", options.rollouts, kRollouts);
  visitor.choice("reward", options.reward, kSequenceRewards);
  visitor.value("baseline", options.baseline);
  visitor.optional_section("oracle", options.oracle);
  visitor.section("generator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.generator.network, Alternative<LstmGeneratorOptions>{"lstm"});
    visit_update(inner, options.generator.update);
  });
  visitor.section("discriminator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.discriminator.network, Alternative<LstmDiscriminatorOptions>{"lstm"},
                 Alternative<CnnDiscriminatorOptions>{"cnn"});
    visit_update(inner, options.discriminator.update);
  });
}

}  // namespace ganymede
