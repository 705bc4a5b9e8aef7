// The grammar of recipes: which key stands where, and what it may be. Written once; the reader and the writer
// are both visitors of it. Included by recipe.cpp only.
#pragma once

#include "recipe/recipe.hpp"
#include "recipe/recipe_reader.hpp"
#include "recipe/recipe_writer.hpp"

namespace ganymede {

inline constexpr std::array<std::pair<const char*, Precision>, 2> kPrecisions{
    {{"float32", Precision::float32}, {"float64", Precision::float64}}};
inline constexpr std::array<std::pair<const char*, Update>, 2> kUpdates{
    {{"alternating", Update::alternating}, {"simultaneous", Update::simultaneous}}};
inline constexpr std::array<std::pair<const char*, AdversarialLoss>, 1> kLosses{
    {{"bce", AdversarialLoss::bce}}};

template <typename Visitor>
void visit_options(Visitor& visitor, MlpGeneratorOptions& options) {
  visitor.value("noise_size", options.noise_size, kPositiveInteger);
  visitor.value("hidden_sizes", options.hidden_sizes, kPositiveInteger);
}

template <typename Visitor>
void visit_options(Visitor& visitor, MlpDiscriminatorOptions& options) {
  visitor.value("hidden_sizes", options.hidden_sizes, kPositiveInteger);
}

template <typename Visitor>
void visit_options(Visitor& visitor, DcganGeneratorOptions& options) {
  visitor.value("noise_size", options.noise_size, kPositiveInteger);
}

template <typename Visitor>
void visit_options(Visitor& visitor, DcganDiscriminatorOptions& options) {
  visitor.value("dropout", options.dropout, kProbability);
}

template <typename Visitor>
void visit_options(Visitor& visitor, AdamOptions& options) {
  visitor.value("learning_rate", options.learning_rate, kPositiveNumber);
  visitor.value("beta1", options.beta1, kProbability);
  visitor.value("beta2", options.beta2, kProbability);
  visitor.value("epsilon", options.epsilon, kPositiveNumber);
}

template <typename Visitor>
void visit_optimizer(Visitor& visitor, OptimizerOptions& options) {
  visitor.required("optimizer");
  visitor.choice("optimizer", options, Alternative<AdamOptions>{"adam"});
}

template <typename Visitor>
void visit_options(Visitor& visitor, AdversarialGanOptions& options) {
  visitor.choice("update", options.update, kUpdates);
  visitor.choice("loss", options.loss, kLosses);
  visitor.section("generator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.generator.network, Alternative<MlpGeneratorOptions>{"mlp"},
                 Alternative<DcganGeneratorOptions>{"dcgan_generator"});
    visit_optimizer(inner, options.generator.optimizer);
  });
  visitor.section("discriminator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.discriminator.network, Alternative<MlpDiscriminatorOptions>{"mlp"},
                 Alternative<DcganDiscriminatorOptions>{"dcgan_discriminator"});
    visit_optimizer(inner, options.discriminator.optimizer);
  });
}

template <typename Visitor>
void visit_options(Visitor& visitor, DataOptions& options) {
  visitor.required("path");
  visitor.value("path", options.path);
  visitor.value("pixels", options.pixels);
  visitor.value("global_batch_size", options.global_batch_size, kPositiveInteger);
  visitor.value("horizontal_flip", options.horizontal_flip);
}

template <typename Visitor>
void visit_options(Visitor& visitor, TrainOptions& options) {
  visitor.value("steps", options.steps, kPositiveInteger);
  visitor.value("epochs", options.epochs, kPositiveInteger);
  visitor.value("seconds", options.seconds, kPositiveNumber);
  visitor.value("report_every", options.report_every, kPositiveInteger);
  visitor.value("sample_every", options.sample_every, kPositiveInteger);
  visitor.value("checkpoint_every", options.checkpoint_every, kPositiveInteger);
  visitor.value("keep", options.keep, kPositiveInteger);
}

template <typename Visitor>
void visit_options(Visitor& visitor, Recipe& recipe) {
  visitor.required("name");
  visitor.value("name", recipe.name);
  visitor.value("tutorial", recipe.tutorial);
  visitor.value("description", recipe.description);
  visitor.value("seed", recipe.seed, kSeedRange);
  visitor.choice("precision", recipe.precision, kPrecisions);
  visitor.section("data", [&](auto& inner) { visit_options(inner, recipe.data); });
  visitor.section("gan", [&](auto& inner) { visit_options(inner, recipe.gan); });
  visitor.section("train", [&](auto& inner) { visit_options(inner, recipe.train); });
}

}  // namespace ganymede
