#include "procedures/adversarial/round_objectives.hpp"

#include "procedures/adversarial/matched_features.hpp"

namespace ganymede {

DiscriminatorLoss RoundObjectives::loss_of_discriminator(const Judge::Logits& logits,
                                                         const Round& round) const {
  const double factor = mean_factor(round.global_batch_size);
  if (!logits.mismatched.defined())
    return discriminator_loss(options_.loss, logits.real, logits.fake, factor);
  const at::Tensor share = judge_.all_of_pack(round.has_mismatched).to(logits.real.scalar_type()) *
                           std::get<TextCondition>(options_.condition).mismatch_weight;
  return discriminator_loss(options_.loss, logits.real, logits.fake, logits.mismatched, share, factor);
}

Objective RoundObjectives::of_discriminator(const DiscriminatorLoss& loss, const Judge::Logits& logits,
                                            const Round& round, const at::Tensor& fake,
                                            const Conditions& conditions) const {
  Objective objective(loss.sum, mean_factor(round.global_batch_size));
  objective.depends_on(logits.real, loss.real).depends_on(logits.fake, loss.fake);
  if (logits.mismatched.defined()) objective.depends_on(logits.mismatched, loss.mismatched);
  if (options_.penalty)
    objective.add(judge_.penalty(*options_.penalty, round, fake.detach(), conditions.real));
  return objective;
}

LossAndSlope RoundObjectives::loss_of_generator(const at::Tensor& fake_logits, const Round& round) const {
  return generator_loss(options_.loss, fake_logits, mean_factor(round.global_batch_size));
}

Objective RoundObjectives::of_generator(const LossAndSlope& loss, const at::Tensor& fake_logits,
                                        const Round& round, const JudgedFeatures& features) const {
  Objective objective(loss.sum, mean_factor(round.global_batch_size));
  objective.depends_on(fake_logits, loss.slope);
  if (options_.feature_matching)
    objective.add(match_features(*options_.feature_matching, features.fake, features.real,
                                 round.global_batch_size / options_.packing, communicator_));
  return objective;
}

}  // namespace ganymede
