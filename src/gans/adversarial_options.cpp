#include "gans/adversarial_options.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

template <typename Networks>
std::optional<BatchStatistics> batch_statistics(const Networks& options) {
  return std::visit(
      [](const auto& network) -> std::optional<BatchStatistics> {
        if constexpr (requires { network.batch_normalization; })
          return network.batch_normalization;
        else
          return std::nullopt;
      },
      options);
}

bool is_bounded_by_critic(const AdversarialLoss& loss) {
  return std::holds_alternative<WassersteinLoss>(loss) || std::holds_alternative<MixedLoss>(loss);
}

void check_statistics(const char* player, std::optional<BatchStatistics> statistics, bool reproducible) {
  if (!statistics) return;
  require(!reproducible || *statistics == BatchStatistics::replica,
          "gan.{}.network normalises batches over more than one virtual replica; expected "
          "batch_normalization: replica "
          "beside `reproducible`",
          player);
  require(reproducible || *statistics != BatchStatistics::replica,
          "gan.{}.network has batch_normalization: replica, but the recipe has no `reproducible: {{replicas: "
          "...}}`; give "
          "it, or choose sync",
          player);
}

}  // namespace

void check_options(const AdversarialGanOptions& options, std::optional<std::int64_t> replicas) {
  check_statistics("generator", batch_statistics(options.generator.network), replicas.has_value());
  check_statistics("discriminator", batch_statistics(options.discriminator.network), replicas.has_value());
  require(!replicas || !options.feature_matching,
          "gan.feature_matching compares means over the whole global batch, which virtual replicas see one "
          "at a time; "
          "leave it or `reproducible` out");
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
      !options.penalty || !batch_statistics(options.discriminator.network),
      "gan.penalty bounds each sample's own gradient, but the discriminator's batch_normalization makes a "
      "sample's logit depend on the whole batch; leave one of them out");
}

}  // namespace ganymede
