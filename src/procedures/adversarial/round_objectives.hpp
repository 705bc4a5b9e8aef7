// What the networks of the adversarial procedure descend in a round: their losses, and the terms beside them.
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/adversarial/adversarial_options.hpp"
#include "procedures/adversarial/judge.hpp"
#include "procedures/objective.hpp"

namespace ganymede {

// Hidden layers of the discriminator, [layer][rows, ...]; empty where nothing is matched.
struct JudgedFeatures {
  std::vector<at::Tensor> fake = {}, real = {};
};

class RoundObjectives {
 public:
  // All outlive this; the communicator joins the means of matched features.
  RoundObjectives(const AdversarialOptions& options, Judge& judge, Communicator& communicator)
      : options_(options), judge_(judge), communicator_(communicator) {}

  // Sums go over the discriminator's rows, packs of samples; their mean is over the global number of packs.
  double mean_factor(std::int64_t global_batch_size) const {
    return static_cast<double>(options_.packing) / static_cast<double>(global_batch_size);
  }

  DiscriminatorLoss loss_of_discriminator(const Judge::Logits& logits, const Round& round) const;
  // That loss and the penalty, if there is one, at or beside the round's fakes.
  Objective of_discriminator(const DiscriminatorLoss& loss, const Judge::Logits& logits, const Round& round,
                             const at::Tensor& fake, const Conditions& conditions) const;

  LossAndSlope loss_of_generator(const at::Tensor& fake_logits, const Round& round) const;
  // That loss and the matched features, where they are. Collective then.
  Objective of_generator(const LossAndSlope& loss, const at::Tensor& fake_logits, const Round& round,
                         const JudgedFeatures& features) const;

 private:
  const AdversarialOptions& options_;
  Judge& judge_;
  Communicator& communicator_;
};

}  // namespace ganymede
