#include "procedures/sequence/token_sampler.hpp"

namespace ganymede {
at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform) {
  const at::Tensor shares = logits.softmax(1).cumsum(1);
  // Of the last sum, which rounding may leave below or above 1.
  const at::Tensor wanted = uniform.unsqueeze(1) * shares.narrow(1, shares.size(1) - 1, 1);
  return (shares <= wanted).sum(1).clamp_max(shares.size(1) - 1);
}

at::Tensor sample_sequences(const SequenceGenerator& generator, const at::Tensor& uniform) {
  const at::NoGradGuard no_grad;
  const std::int64_t rows = uniform.size(0), length = uniform.size(1);
  SequenceGenerator::Writing writing = generator.begin(rows);
  at::Tensor token = at::zeros({rows}, at::kLong);
  std::vector<at::Tensor> tokens;
  for (std::int64_t place = 0; place < length; ++place) {
    token = pick_tokens(generator.next_logits(token, writing), uniform.select(1, place));
    tokens.push_back(token);
  }
  return at::stack(tokens, 1);
}

// One batch a place: the sequences themselves, then the rollouts of the prefixes that have begun, [prefix,
// rollout, row].
SequencesWithRollouts sample_with_rollouts(const SequenceGenerator& generator, const at::Tensor& uniform,
                                           const at::Tensor& rollout_uniform) {
  const at::NoGradGuard no_grad;
  const std::int64_t rows = uniform.size(0), length = uniform.size(1), rollouts = rollout_uniform.size(0);
  SequencesWithRollouts made{.tokens = at::zeros({rows, length}, at::kLong),
                             .rollouts = at::zeros({length - 1, rollouts, rows, length}, at::kLong)};
  SequenceGenerator::Writing writing = generator.begin(rows);
  at::Tensor token = at::zeros({rows}, at::kLong);
  const at::Tensor by_prefix = rollout_uniform.permute({2, 0, 1, 3});  // [prefix, rollout, row, place]
  for (std::int64_t place = 0; place < length; ++place) {
    const std::int64_t begun = std::min(place, length - 1);
    const at::Tensor numbers =
        at::cat({uniform.select(1, place), by_prefix.narrow(0, 0, begun).select(3, place).flatten()});
    token = pick_tokens(generator.next_logits(token, writing), numbers);
    const at::Tensor mine = token.narrow(0, 0, rows);
    made.tokens.select(1, place).copy_(mine);
    made.rollouts.narrow(0, 0, begun)
        .select(3, place)
        .copy_(token.narrow(0, rows, token.size(0) - rows).view({begun, rollouts, rows}));
    if (place == length - 1) break;
    // Prefixes that begin here or later share this token; those that begin here go on by themselves.
    made.rollouts.narrow(0, place, length - 1 - place).select(3, place).copy_(mine);
    writing.state = writing.state.branched(rows, rollouts);
    token = at::cat({token, mine.repeat({rollouts})});
  }
  return made;
}

}  // namespace ganymede
