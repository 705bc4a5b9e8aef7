#include "procedures/adversarial/adversarial_options.hpp"

#include "base/error.hpp"

namespace ganymede {
namespace {

bool is_bounded_by_critic(const AdversarialLoss& loss) {
  return std::holds_alternative<WassersteinLoss>(loss) || std::holds_alternative<MixedLoss>(loss);
}

void check_statistics(const char* player, const std::optional<NormalizedBatches>& batches,
                      bool reproducible) {
  if (!batches) return;
  const bool of_replicas = batches->statistics == BatchStatistics::replica;
  require(!reproducible || of_replicas,
          "gan.{}.network normalises batches over more than one virtual replica; expected "
          "batch_normalization: replica beside `reproducible`",
          player);
  require(reproducible || !of_replicas,
          "gan.{}.network has batch_normalization: replica, but the recipe has no "
          "`reproducible: {{replicas: ...}}`; give it, or choose sync",
          player);
}

// Into how many parts of their own statistics a global batch falls.
std::int64_t parts_of_batch(BatchStatistics statistics, const BatchOptions& batch, int ranks) {
  switch (statistics) {
    case BatchStatistics::global:
      return 1;
    case BatchStatistics::local:
      return ranks;
    case BatchStatistics::replica:
      return batch.replicas.value_or(1);
  }
  throw Error("unknown batch statistics");
}

// packing: of the procedure; rows_a_pack: that the network sees. Ranks take whole packs, some one more than
// others.
void check_normalized_rows(const char* player, const std::optional<NormalizedBatches>& batches,
                           std::int64_t packing, std::int64_t rows_a_pack, const BatchOptions& batch,
                           int ranks) {
  if (!batches) return;
  const std::int64_t parts = parts_of_batch(batches->statistics, batch, ranks);
  const std::int64_t least_packs = batch.global_batch_size / packing / parts;
  if (least_packs * rows_a_pack * batches->values_a_row > 1) return;
  const bool of_ranks = batches->statistics == BatchStatistics::local;
  throw UserError(fmt::format(
      "data.global_batch_size is {}{}: gan.{}.network would normalise over a single {}, which has "
      "no variance; expected at least {}{}",
      batch.global_batch_size,
      parts == 1 ? "" : fmt::format(", over {} {}", parts, of_ranks ? "ranks" : "virtual replicas"), player,
      packing == 1 ? "sample" : fmt::format("pack of {} samples", packing), 2 * parts * packing,
      of_ranks && parts > 1 ? ", fewer ranks, or batch_normalization: sync" : ""));
}

}  // namespace

void check_options(const AdversarialOptions& options, const BatchOptions& batch) {
  const bool reproducible = batch.replicas.has_value();
  check_statistics("generator", normalized_batches(options.generator.network), reproducible);
  check_statistics("discriminator", normalized_batches(options.discriminator.network), reproducible);
  require(
      !reproducible || !options.feature_matching,
      "gan.feature_matching compares means over the whole global batch, which virtual replicas see one at a "
      "time; leave it or `reproducible` out");
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
      !options.penalty || !normalized_batches(options.discriminator.network),
      "gan.penalty bounds each sample's own gradient, but the discriminator's batch_normalization makes a "
      "sample's logit depend on the whole batch; leave one of them out");
  require(batch.global_batch_size % options.packing == 0,
          "gan.packing is {}, which does not divide data.global_batch_size, {}; expected a divisor",
          options.packing, batch.global_batch_size);
}

void check_shares(const AdversarialOptions& options, const BatchOptions& batch, int ranks) {
  const std::int64_t packing = options.packing;
  check_normalized_rows("generator", normalized_batches(options.generator.network), packing, packing, batch,
                        ranks);
  check_normalized_rows("discriminator", normalized_batches(options.discriminator.network), packing, 1, batch,
                        ranks);
}

}  // namespace ganymede
