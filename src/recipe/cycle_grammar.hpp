// The part of the grammar below `cycle`. Included by recipe_grammar.hpp only.
#pragma once

#include "procedures/cycle/cycle_options.hpp"
#include "recipe/loss_grammar.hpp"
#include "recipe/update_grammar.hpp"

namespace ganymede {

inline constexpr Range kPoolSize{.low = 0, .high = 10'000, .expected = "an integer from 0 to 10000"};
inline constexpr Range kResidualBlocks{.low = 1, .high = 64, .expected = "an integer from 1 to 64"};
inline constexpr Range kPatchLayers{.low = 1, .high = 10, .expected = "an integer from 1 to 10"};

template <typename Visitor>
void visit_options(Visitor& visitor, ResnetGeneratorOptions& options) {
  visitor.value("width", options.width, kChannels);
  visitor.value("residual_blocks", options.residual_blocks, kResidualBlocks);
  visitor.value("dropout", options.dropout, kProbability);
}

template <typename Visitor>
void visit_options(Visitor& visitor, PatchDiscriminatorOptions& options) {
  visitor.value("width", options.width, kChannels);
  visitor.value("layers", options.layers, kPatchLayers);
}

template <typename Visitor>
void visit_options(Visitor& visitor, CycleOptions& options) {
  visitor.choice("loss", options.loss, Alternative<LeastSquaresLoss>{"least_squares"},
                 Alternative<BceLoss>{"bce"});
  visitor.value("cycle_weight", options.cycle_weight, kPositiveNumber);
  visitor.value("identity_weight", options.identity_weight, kWeightFromZero);
  visitor.value("pool_size", options.pool_size, kPoolSize);
  visitor.value("held_out_pairs", options.held_out_pairs);
  visitor.section("generator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.generator.network, Alternative<ResnetGeneratorOptions>{"resnet"});
    visit_update(inner, options.generator.update);
  });
  visitor.section("discriminator", [&](auto& inner) {
    inner.required("network");
    inner.choice("network", options.discriminator.network,
                 Alternative<PatchDiscriminatorOptions>{"patchgan"});
    visit_update(inner, options.discriminator.update);
  });
}

}  // namespace ganymede
