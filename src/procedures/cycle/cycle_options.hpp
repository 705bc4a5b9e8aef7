// What a recipe can say of the cycle procedure.
#pragma once

#include "networks/translation_networks.hpp"
#include "objectives/adversarial_loss.hpp"
#include "procedures/update_options.hpp"

namespace ganymede {

struct TranslatorPlayerOptions {
  TranslatorOptions network;
  UpdateOptions update;
};

struct PatchJudgePlayerOptions {
  PatchJudgeOptions network;
  UpdateOptions update;
};

// As the paper's code weighs them: half of the discriminators' losses, and the generators' squares in full.
using CycleLoss = std::variant<LeastSquaresLoss, BceLoss>;

// Both directions have the same options; the weights differ from the start.
struct CycleOptions {
  CycleLoss loss = LeastSquaresLoss{};
  double cycle_weight = 10;    // of the mean |image - image translated there and back|, of each domain
  double identity_weight = 5;  // of the mean |image - image put into the generator that makes such images|
  // Generated images a domain from which the discriminators are shown old ones; 0: they see new ones only.
  std::int64_t pool_size = 50;
  // Sample i of one held-out source shows the same thing as sample i of the other: figures tell how far
  // translations are from it.
  bool held_out_pairs = false;
  TranslatorPlayerOptions generator;
  PatchJudgePlayerOptions discriminator;
};

// What every procedure's options answer (recipe/procedures.hpp).
inline std::size_t source_count(const CycleOptions&) {
  return 2;
}
inline std::int64_t places_together(const CycleOptions&) {
  return 1;
}
inline void check_options(const CycleOptions&, const BatchOptions&) {}
inline void check_shares(const CycleOptions&, const BatchOptions&, int /*ranks*/) {}

}  // namespace ganymede
