#include "procedures/adversarial/judge.hpp"

#include "networks/batch_normalization.hpp"

namespace ganymede {

Judge::Judge(Network& network, std::int64_t packing, const OneHot& one_hot)
    : network_(network), packing_(packing), one_hot_(one_hot), mixes_rows_(mixes_rows(network)) {}

at::Tensor Judge::logits(const at::Tensor& samples, const at::Tensor& labels, const Round& round, Pass pass,
                         std::vector<at::Tensor>* hidden) {
  ForwardContext context = round.context({pass}, packing_);
  context.hidden = hidden;
  return forward(samples, labels, std::move(context));
}

Judge::RealAndFake Judge::both_logits(const Round& round, const at::Tensor& fake,
                                      std::vector<at::Tensor>* real_hidden,
                                      std::vector<at::Tensor>* fake_hidden) {
  if (mixes_rows_ || real_hidden) {
    const at::Tensor real_logits = logits(round.real, round.real_labels, round, Pass::real, real_hidden);
    return {real_logits, logits(fake, round.fake_labels, round, Pass::fake, fake_hidden)};
  }
  const at::Tensor labels =
      round.fake_labels.defined() ? at::cat({round.real_labels, round.fake_labels}) : at::Tensor();
  const at::Tensor both =
      forward(at::cat({round.real, fake}), labels, round.context({Pass::real, Pass::fake}, packing_));
  const std::vector<at::Tensor> halves = both.chunk(2);
  return {halves[0], halves[1]};
}

at::Tensor Judge::spread_over_samples(const at::Tensor& of_packs) const {
  return of_packs.repeat_interleave(packing_).view({-1, 1, 1, 1});
}

at::Tensor Judge::penalty(const Penalty& penalty, const Round& round, const at::Tensor& fake) {
  ForwardContext context = round.context({Pass::penalty}, packing_);
  context.condition = condition(round.real_labels);
  const Critic critic = [&](const at::Tensor& packs) { return network_.forward(packs, context); };
  const at::Tensor real = pack(round.real);
  if (const auto* r1 = std::get_if<R1Penalty>(&penalty)) return penalty_sum(*r1, critic, real);
  const RandomStream stream =
      round.stream({.purpose = AdversarialPurpose::interpolate, .network = NetworkId::discriminator});
  const at::Tensor mix = draw_uniform(stream, context.segments[0].first_place, {real.size(0), 1, 1, 1}, 0, 1,
                                      fake.scalar_type());
  return penalty_sum(std::get<GradientPenalty>(penalty), critic, real, pack(fake), mix);
}

at::Tensor Judge::forward(const at::Tensor& samples, const at::Tensor& labels, ForwardContext context) {
  context.condition = condition(labels);
  return network_.forward(pack(samples), context);
}

// [rows, channels, ...] to [rows / packing, packing x channels, ...]
at::Tensor Judge::pack(const at::Tensor& rows) const {
  if (packing_ == 1) return rows;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape[0] /= packing_;
  shape[1] *= packing_;
  return rows.reshape(shape);
}

at::Tensor Judge::condition(const at::Tensor& labels) const {
  const at::Tensor rows = one_hot_(labels);
  return rows.defined() ? pack(rows) : rows;
}

}  // namespace ganymede
