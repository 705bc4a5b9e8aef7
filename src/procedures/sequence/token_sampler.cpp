#include "procedures/sequence/token_sampler.hpp"

#include <ATen/Dispatch.h>

#include <algorithm>
#include <array>

#include "procedures/sequence/streams.hpp"

namespace ganymede {
namespace {

// Enough of them for all threads, few enough to stay in the processor's cache.
constexpr std::int64_t kNumbersTogether = 400'000;

// Sums of so many probabilities are independent of one another.
constexpr std::int64_t kLanes = 16;

template <typename Number>
Number sum_of(const Number* values, std::int64_t count) {
  std::array<Number, kLanes> sums{};
  std::int64_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      sums[static_cast<std::size_t>(lane)] += values[i + lane];
  Number sum = 0;
  for (; i < count; ++i) sum += values[i];
  for (const Number one : sums) sum += one;
  return sum;
}

// The first value at which the sum of those up to it passes `share` of them all: first the block in which
// that happens, then the value.
template <typename Number>
std::int64_t pick(const Number* values, std::int64_t count, Number share) {
  constexpr std::int64_t kBlock = 64;
  const auto block_sum = [&](std::int64_t first) {
    return sum_of(values + first, std::min(kBlock, count - first));
  };
  Number total = 0;
  for (std::int64_t first = 0; first < count; first += kBlock) total += block_sum(first);
  const Number wanted = share * total;
  Number before = 0;
  std::int64_t last = 0;  // that has a part in the law, should rounding leave the sum below
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const Number after = before + block_sum(first);
    if (after > wanted) {
      Number sum = before;
      for (std::int64_t i = first; i < std::min(first + kBlock, count); ++i) {
        if (values[i] <= 0) continue;
        last = i;
        if ((sum += values[i]) > wanted) return i;
      }
      return last;
    }
    before = after;
  }
  for (std::int64_t i = count - 1; i > 0; --i)
    if (values[i] > 0) return i;
  return 0;
}

}  // namespace

at::Tensor pick_tokens(const at::Tensor& logits, const at::Tensor& uniform) {
  const std::int64_t rows = logits.size(0), vocabulary = logits.size(1), times = uniform.numel() / rows;
  at::Tensor tokens = at::empty(uniform.sizes(), at::kLong);
  const at::Tensor shares = uniform.contiguous();
  const std::int64_t together = std::max<std::int64_t>(1, kNumbersTogether / vocabulary);
  for (std::int64_t first = 0; first < rows; first += together) {
    const std::int64_t count = std::min(together, rows - first);
    const at::Tensor law = logits.narrow(0, first, count).softmax(1);
    AT_DISPATCH_FLOATING_TYPES(law.scalar_type(), "pick_tokens", [&] {
      const auto* probabilities = law.const_data_ptr<scalar_t>();
      const auto* share = shares.const_data_ptr<scalar_t>() + first;
      auto* token = tokens.mutable_data_ptr<std::int64_t>() + first;
      for (std::int64_t row = 0; row < count; ++row)
        for (std::int64_t time = 0; time < times; ++time)
          token[time * rows + row] =
              pick(probabilities + row * vocabulary, vocabulary, share[time * rows + row]);
    });
  }
  return tokens;
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

at::Tensor sample_at_places(const SequenceGenerator& generator, std::uint64_t seed, std::int64_t first_place,
                            at::IntArrayRef sizes, at::ScalarType dtype) {
  const RandomStream stream(
      seed, {.purpose = SequencePurpose::sample, .network = SequenceNetworkId::generator}, /*step=*/0);
  return sample_sequences(generator, draw_uniform(stream, first_place, sizes, 0, 1, dtype));
}

// One batch a place: the sequences themselves, then the rollouts that have tokens of their own, [prefix,
// rollout, row]. Those that take their first own token draw it from the sequences' law.
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
