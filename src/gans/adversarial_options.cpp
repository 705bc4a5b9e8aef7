#include "gans/adversarial_options.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

bool normalizes_batches(const DiscriminatorOptions& options) {
  return std::visit(
      [](const auto& network) {
        if constexpr (requires { network.batch_normalization; })
          return network.batch_normalization.has_value();
        else
          return false;
      },
      options);
}

bool is_bounded_by_critic(const AdversarialLoss& loss) {
  return std::holds_alternative<WassersteinLoss>(loss) || std::holds_alternative<MixedLoss>(loss);
}

}  // namespace

void check_options(const AdversarialGanOptions& options) {
  require(!(options.weight_clip && options.penalty),
          "gan.weight_clip and gan.penalty both bound the critic's gradient; give one of them");
  require(
      !options.weight_clip || is_bounded_by_critic(options.loss),
      "gan.weight_clip is for critics; expected gan.loss: wasserstein or mixed beside it, or no weight_clip");
  require(
      options.update == Update::alternating || options.critic_steps == 1,
      "gan.critic_steps is {} with gan.update: simultaneous, which updates both networks from one forward "
      "pass; expected critic_steps: 1, or update: alternating",
      options.critic_steps);
  require(
      !options.penalty || !normalizes_batches(options.discriminator.network),
      "gan.penalty bounds each sample's own gradient, but the discriminator's batch_normalization makes a "
      "sample's logit depend on the whole batch; leave one of them out");
}

}  // namespace ganymede
