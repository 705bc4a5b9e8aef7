#include "procedures/adversarial/judge.hpp"

#include "networks/batch_normalization.hpp"

namespace ganymede {

Judge::Judge(Network& network, std::int64_t packing)
    : network_(network), packing_(packing), mixes_rows_(mixes_rows(network)) {}

at::Tensor Judge::logits(const at::Tensor& samples, const at::Tensor& condition, const Round& round,
                         Pass pass, std::vector<at::Tensor>* hidden) {
  ForwardContext context = round.context({pass}, packing_);
  context.hidden = hidden;
  return forward(samples, condition, std::move(context));
}

Judge::Logits Judge::all_logits(const Round& round, const at::Tensor& fake, const Conditions& conditions,
                                std::vector<at::Tensor>* real_hidden, std::vector<at::Tensor>* fake_hidden) {
  const bool mismatched = conditions.mismatched.defined();
  if (mixes_rows_ || real_hidden) {
    Logits all{.real = logits(round.real, conditions.real, round, Pass::real, real_hidden),
               .fake = logits(fake, conditions.fake, round, Pass::fake, fake_hidden)};
    if (mismatched) all.mismatched = logits(round.real, conditions.mismatched, round, Pass::mismatched);
    return all;
  }
  std::vector<at::Tensor> samples{round.real, fake}, condition{conditions.real, conditions.fake};
  ForwardContext context = round.context({Pass::real, Pass::fake}, packing_);
  if (mismatched) {
    samples.push_back(round.real);
    condition.push_back(conditions.mismatched);
    context = round.context({Pass::real, Pass::fake, Pass::mismatched}, packing_);
  }
  const at::Tensor joined = forward(
      at::cat(samples), conditions.real.defined() ? at::cat(condition) : at::Tensor(), std::move(context));
  const std::vector<at::Tensor> parts = joined.chunk(static_cast<std::int64_t>(samples.size()));
  return {.real = parts[0], .fake = parts[1], .mismatched = mismatched ? parts[2] : at::Tensor()};
}

at::Tensor Judge::all_of_pack(const at::Tensor& of_samples) const {
  return of_samples.view({-1, packing_}).all(1, /*keepdim=*/true);
}

at::Tensor Judge::spread_over_samples(const at::Tensor& of_packs) const {
  return of_packs.repeat_interleave(packing_).view({-1, 1, 1, 1});
}

at::Tensor Judge::penalty(const Penalty& penalty, const Round& round, const at::Tensor& fake,
                          const at::Tensor& real_condition) {
  ForwardContext context = round.context({Pass::penalty}, packing_);
  context.condition = pack(real_condition);
  const Critic critic = [&](const at::Tensor& packs) { return network_.forward(packs, context); };
  const at::Tensor real = pack(round.real);
  if (const auto* r1 = std::get_if<R1Penalty>(&penalty)) return penalty_sum(*r1, critic, real);
  const TensorStream stream =
      round.stream({.purpose = AdversarialPurpose::interpolate, .network = NetworkId::discriminator});
  const at::Tensor mix =
      draw_uniform(stream, context.segments[0].first_place, {real.size(0), 1, 1, 1}, 0, 1, fake.options());
  return penalty_sum(std::get<GradientPenalty>(penalty), critic, real, pack(fake), mix);
}

at::Tensor Judge::forward(const at::Tensor& samples, const at::Tensor& condition, ForwardContext context) {
  context.condition = pack(condition);
  return network_.forward(pack(samples), context);
}

// [rows, channels, ...] to [rows / packing, packing x channels, ...]
at::Tensor Judge::pack(const at::Tensor& rows) const {
  if (packing_ == 1 || !rows.defined()) return rows;
  std::vector<std::int64_t> shape = rows.sizes().vec();
  shape[0] /= packing_;
  shape[1] *= packing_;
  return rows.reshape(shape);
}

}  // namespace ganymede
