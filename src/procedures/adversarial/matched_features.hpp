// Feature matching (Salimans et al. 2016, section 3.1) over the ranks of a global batch.
#pragma once

#include "distributed/gradient_exchange.hpp"
#include "objectives/feature_matching.hpp"
#include "procedures/adversarial/adversarial_options.hpp"

namespace ganymede {

// The term of the generator's loss, from the discriminator's hidden layers [layer][rows, ...] of this rank's
// fake and real samples. The means are over the global batch: one all-reduce of the features' sums.
// global_rows: that the discriminator sees on all ranks. Collective.
inline at::Tensor match_features(const FeatureMatchingOptions& options,
                                 const std::vector<at::Tensor>& fake_hidden,
                                 const std::vector<at::Tensor>& real_hidden, std::int64_t global_rows,
                                 Communicator& communicator) {
  const auto last = static_cast<std::int64_t>(fake_hidden.size());
  const auto layer = static_cast<std::size_t>(options.layer.value_or(last) - 1);
  const at::Tensor fake = fake_hidden[layer].flatten(1);
  const at::Tensor real = real_hidden[layer].detach().flatten(1);
  at::Tensor difference = fake.detach().sum(0) - real.sum(0);
  communicator.gradients().all_reduce_sum_(difference);
  difference.div_(static_cast<double>(global_rows));
  return options.weight * feature_matching_sum(fake, difference);
}

}  // namespace ganymede
