#include "procedures/sequence/token_sampler.hpp"

#include <algorithm>

#include "procedures/sequence/streams.hpp"

namespace ganymede {
at::Tensor sample_sequences(const SequenceGenerator& generator, const at::Tensor& uniform) {
  const at::NoGradGuard no_grad;
  const std::int64_t rows = uniform.size(0), length = uniform.size(1);
  SequenceGenerator::Writing writing = generator.begin(rows);
  at::Tensor token = at::zeros({rows}, uniform.options().dtype(at::kLong));
  std::vector<at::Tensor> tokens;
  for (std::int64_t place = 0; place < length; ++place) {
    token = pick_tokens(generator.next_logits(token, writing), uniform.select(1, place));
    tokens.push_back(token);
  }
  return at::stack(tokens, 1);
}

at::Tensor sample_at_places(const SequenceGenerator& generator, std::uint64_t seed, std::int64_t first_place,
                            at::IntArrayRef sizes, const at::TensorOptions& compute) {
  const RandomStream stream(
      seed, {.purpose = SequencePurpose::sample, .network = SequenceNetworkId::generator}, /*step=*/0);
  return sample_sequences(generator, draw_uniform(stream, first_place, sizes, 0, 1, compute));
}

// One batch a place: the sequences themselves, then the rollouts that have tokens of their own, [prefix,
// rollout, row]. Those that take their first own token draw it from the sequences' law.
SequencesWithRollouts sample_with_rollouts(const SequenceGenerator& generator, const at::Tensor& uniform,
                                           const at::Tensor& rollout_uniform) {
  const at::NoGradGuard no_grad;
  const std::int64_t rows = uniform.size(0), length = uniform.size(1), rollouts = rollout_uniform.size(0);
  const at::TensorOptions integers = uniform.options().dtype(at::kLong);
  SequencesWithRollouts made{.tokens = at::zeros({rows, length}, integers),
                             .rollouts = at::zeros({length - 1, rollouts, rows, length}, integers)};
  SequenceGenerator::Writing writing = generator.begin(rows);
  at::Tensor token = at::zeros({rows}, integers);
  const at::Tensor by_prefix = rollout_uniform.permute({2, 0, 1, 3});  // [prefix, rollout, row, place]
  for (std::int64_t place = 0; place < length; ++place) {
    const std::int64_t under_way = std::max<std::int64_t>(place - 1, 0);
    const at::Tensor logits = generator.next_logits(token, writing);
    token = pick_tokens(logits, at::cat({uniform.select(1, place),
                                         by_prefix.narrow(0, 0, under_way).select(3, place).flatten()}));
    const at::Tensor mine = token.narrow(0, 0, rows);
    made.tokens.select(1, place).copy_(mine);
    made.rollouts.narrow(0, 0, under_way)
        .select(3, place)
        .copy_(token.narrow(0, rows, token.size(0) - rows).view({under_way, rollouts, rows}));
    if (place > 0) {
      const at::Tensor first = pick_tokens(logits.narrow(0, 0, rows), by_prefix[place - 1].select(2, place));
      made.rollouts[place - 1].select(2, place).copy_(first);
      if (place + 1 == length) break;
      writing.state = writing.state.branched(rows, rollouts);
      token = at::cat({token, first.flatten()});
    }
    // Later prefixes share this token.
    made.rollouts.narrow(0, place, length - 1 - place).select(3, place).copy_(mine);
  }
  return made;
}

}  // namespace ganymede
