#include "gans/judge.hpp"

#include "networks/batch_normalization.hpp"

namespace ganymede {

Judge::Judge(Network& network, JudgeOptions options)
    : network_(network), options_(options), mixes_rows_(mixes_rows(network)) {}

at::Tensor Judge::logits(const at::Tensor& samples, const at::Tensor& labels, const Round& round, Pass pass,
                         std::vector<at::Tensor>* hidden) {
  ForwardContext context = round.context({pass}, options_.packing);
  context.hidden = hidden;
  return forward(samples, labels, std::move(context));
}

Judge::RealAndFake Judge::both_logits(const Round& round, const at::Tensor& fake,
                                      std::vector<at::Tensor>* real_hidden,
                                      std::vector<at::Tensor>* fake_hidden) {
  const Batch& batch = round.batch;
  if (mixes_rows_ || real_hidden) {
    const at::Tensor real_logits = logits(batch.images, batch.labels, round, Pass::real, real_hidden);
    return {real_logits, logits(fake, round.fake_labels, round, Pass::fake, fake_hidden)};
  }
  const at::Tensor labels = options_.classes > 0 ? at::cat({batch.labels, round.fake_labels}) : at::Tensor();
  const at::Tensor both = forward(at::cat({batch.images, fake}), labels,
                                  round.context({Pass::real, Pass::fake}, options_.packing));
  const std::vector<at::Tensor> halves = both.chunk(2);
  return {halves[0], halves[1]};
}

at::Tensor Judge::spread_over_samples(const at::Tensor& of_packs) const {
  return of_packs.repeat_interleave(options_.packing).view({-1, 1, 1, 1});
}

at::Tensor Judge::penalty(const Penalty& penalty, const Round& round, const at::Tensor& fake) {
  ForwardContext context = round.context({Pass::penalty}, options_.packing);
  context.condition = condition(round.batch.labels, fake.scalar_type());
  const Critic critic = [&](const at::Tensor& packs) { return network_.forward(packs, context); };
  const at::Tensor real = pack(round.batch.images);
  if (const auto* r1 = std::get_if<R1Penalty>(&penalty)) return penalty_sum(*r1, critic, real);
  const RandomStream stream =
      round.stream({.purpose = Purpose::interpolate, .network = NetworkId::discriminator});
  const at::Tensor mix = draw_uniform(stream, context.segments[0].first_place, {real.size(0), 1, 1, 1}, 0, 1,
                                      fake.scalar_type());
  return penalty_sum(std::get<GradientPenalty>(penalty), critic, real, pack(fake), mix);
}

at::Tensor Judge::forward(const at::Tensor& samples, const at::Tensor& labels, ForwardContext context) {
  context.condition = condition(labels, samples.scalar_type());
  return network_.forward(pack(samples), context);
}

// [rows, channels, ...] to [rows / packing, packing x channels, ...]
at::Tensor Judge::pack(const at::Tensor& rows) const {
  if (options_.packing == 1) return rows;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape[0] /= options_.packing;
  shape[1] *= options_.packing;
  return rows.reshape(shape);
}

at::Tensor Judge::condition(const at::Tensor& labels, at::ScalarType dtype) const {
  if (options_.classes == 0) return {};
  return pack(one_hot_labels(labels, options_.classes, dtype));
}

at::Tensor one_hot_labels(const at::Tensor& labels, std::int64_t classes, at::ScalarType dtype) {
  if (classes == 0) return {};
  return at::zeros({labels.size(0), classes}, dtype).scatter_(1, labels.unsqueeze(1), 1);
}

}  // namespace ganymede
