#include "procedures/adversarial/sampler.hpp"

namespace ganymede {

at::Tensor Sampler::draw_labels(const Round& round) const {
  if (conditioner_.classes() == 0) return {};
  return draw_uniform(round.stream({.purpose = AdversarialPurpose::label, .network = NetworkId::generator}),
                      round.first_place, {round.rows(), 1}, 0, static_cast<double>(conditioner_.classes()),
                      options_.compute.dtype(at::kDouble))
      .to(at::kLong)
      .view(-1);
}

at::Tensor Sampler::generate(const Round& round) {
  ForwardContext context = round.context({Pass::fake});
  context.condition = conditioner_.constants_of(round).fake;
  const TensorStream stream =
      round.stream({.purpose = AdversarialPurpose::noise, .network = NetworkId::generator});
  return network_.forward(draw_noise(stream, round.first_place, round.rows()), context);
}

SampleSet Sampler::sample(const SampleRequest& request) {
  const at::NoGradGuard no_grad;
  const RandomStream stream(options_.seed,
                            {.purpose = AdversarialPurpose::sample, .network = NetworkId::generator},
                            /*step=*/0);
  SampleSet samples;
  const at::Tensor condition = conditioner_.of(request, samples);
  const ForwardContext context{.condition = condition};
  samples.values = network_.forward(draw_noise(stream, request.first_place, request.count), context).cpu();
  return samples;
}

at::Tensor Sampler::draw_noise(const TensorStream& stream, std::int64_t first_place,
                               std::int64_t count) const {
  return draw_normal(stream, first_place, {count, options_.noise_size}, options_.compute);
}

}  // namespace ganymede
