// The part of the grammar that names adversarial losses. Included by the procedures' grammars only.
#pragma once

#include "objectives/adversarial_loss.hpp"
#include "recipe/recipe_reader.hpp"
#include "recipe/recipe_writer.hpp"

namespace ganymede {

template <typename Visitor>
void visit_options(Visitor& visitor, BceLoss& loss) {
  visitor.value("saturating", loss.saturating);
  visitor.value("label_smoothing", loss.label_smoothing, kProbability);
}

template <typename Visitor>
void visit_options(Visitor&, WassersteinLoss&) {}

template <typename Visitor>
void visit_options(Visitor&, HingeLoss&) {}

template <typename Visitor>
void visit_options(Visitor& visitor, LeastSquaresLoss& loss) {
  visitor.value("label_smoothing", loss.label_smoothing, kProbability);
}

template <typename Visitor>
void visit_options(Visitor& visitor, MixedLoss& loss) {
  visitor.value("wasserstein_weight", loss.wasserstein_weight, kPositiveNumber);
}

}  // namespace ganymede
