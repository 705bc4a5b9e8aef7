// The part of the grammar that names networks. Included by gan_grammar.hpp only.
#pragma once

#include "networks/registry.hpp"
#include "recipe/recipe_reader.hpp"
#include "recipe/recipe_writer.hpp"

namespace ganymede {

inline constexpr std::array<std::pair<const char*, Activation>, 2> kActivations{
    {{"relu", Activation::relu}, {"leaky_relu", Activation::leaky_relu}}};
inline constexpr std::array<std::pair<const char*, OutputActivation>, 2> kOutputActivations{
    {{"tanh", OutputActivation::tanh}, {"linear", OutputActivation::linear}}};
inline constexpr std::array<std::pair<const char*, BatchStatistics>, 3> kBatchStatistics{
    {{"sync", BatchStatistics::global},
     {"replica", BatchStatistics::replica},
     {"local", BatchStatistics::local}}};

template <typename Visitor, typename Options>
void visit_hidden_layers(Visitor& visitor, Options& options) {
  visitor.value("hidden_sizes", options.hidden_sizes, kLayerSize);
  visitor.choice("activation", options.activation, kActivations);
  visitor.optional_choice("batch_normalization", options.batch_normalization, kBatchStatistics);
  visitor.value("dropout", options.dropout, kProbability);
}

template <typename Visitor>
void visit_options(Visitor& visitor, MlpGeneratorOptions& options) {
  visitor.value("noise_size", options.noise_size, kLayerSize);
  visit_hidden_layers(visitor, options);
  visitor.choice("output", options.output, kOutputActivations);
}

template <typename Visitor>
void visit_options(Visitor& visitor, MlpDiscriminatorOptions& options) {
  visit_hidden_layers(visitor, options);
}

template <typename Visitor>
void visit_options(Visitor& visitor, MaxoutDiscriminatorOptions& options) {
  visitor.value("hidden_sizes", options.hidden_sizes, kLayerSize);
  visitor.value("pieces", options.pieces, kChannels);
}

template <typename Visitor>
void visit_options(Visitor& visitor, DcganGeneratorOptions& options) {
  visitor.value("noise_size", options.noise_size, kLayerSize);
  visitor.choice("batch_normalization", options.batch_normalization, kBatchStatistics);
}

template <typename Visitor>
void visit_options(Visitor& visitor, DcganDiscriminatorOptions& options) {
  visitor.value("dropout", options.dropout, kProbability);
}

template <typename Visitor>
void visit_options(Visitor& visitor, Dcgan32GeneratorOptions& options) {
  visitor.value("noise_size", options.noise_size, kLayerSize);
  visitor.value("width", options.width, kChannels);
  visitor.choice("batch_normalization", options.batch_normalization, kBatchStatistics);
}

template <typename Visitor>
void visit_options(Visitor& visitor, Dcgan32DiscriminatorOptions& options) {
  visitor.value("width", options.width, kChannels);
  visitor.optional_choice("batch_normalization", options.batch_normalization, kBatchStatistics);
}

template <typename Visitor>
void visit_generator_network(Visitor& visitor, GeneratorOptions& network) {
  visitor.required("network");
  visitor.choice("network", network, Alternative<MlpGeneratorOptions>{"mlp"},
                 Alternative<DcganGeneratorOptions>{"dcgan_generator"},
                 Alternative<Dcgan32GeneratorOptions>{"dcgan32_generator"});
}

template <typename Visitor>
void visit_discriminator_network(Visitor& visitor, DiscriminatorOptions& network) {
  visitor.required("network");
  visitor.choice("network", network, Alternative<MlpDiscriminatorOptions>{"mlp"},
                 Alternative<MaxoutDiscriminatorOptions>{"maxout"},
                 Alternative<DcganDiscriminatorOptions>{"dcgan_discriminator"},
                 Alternative<Dcgan32DiscriminatorOptions>{"dcgan32_discriminator"});
}

}  // namespace ganymede
