#include "procedures/sequence/token_sampler.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

constexpr std::int64_t kVocabulary = 7, kLength = 5, kRows = 4, kRollouts = 3;

std::shared_ptr<SequenceGenerator> make_generator() {
  return make_sequence_generator(LstmGeneratorOptions{.embedding_size = 6, .hidden_size = 8},
                                 {.vocabulary = kVocabulary, .seed = 2, .compute = at::kDouble});
}

TEST(PickedTokens, AreWhereTheSumOfShares) {
  const at::Tensor logits = at::tensor({0.1, 0.2, 0.7}, at::kDouble).log().expand({5, 3});
  const at::Tensor picked = pick_tokens(logits, at::tensor({0.0, 0.099, 0.101, 0.299, 0.31}, at::kDouble));
  EXPECT_TRUE(at::equal(picked, at::tensor({0, 0, 1, 1, 2}, at::kLong))) << picked;
  EXPECT_EQ(pick_tokens(logits.narrow(0, 0, 1), at::ones({1}, at::kDouble)).item<std::int64_t>(), 2)
      << "never beyond the vocabulary";
}

TEST(PickedTokens, FollowTheLaw) {
  const at::Tensor shares = at::tensor({0.5, 0.125, 0.25, 0.125}, at::kDouble);
  constexpr std::int64_t kDraws = 40'000;
  const at::Tensor uniform =
      draw_uniform(RandomStream(1, {.purpose = Purpose::test}, 0), 0, {kDraws}, 0, 1, at::kDouble);
  const at::Tensor counts = at::bincount(pick_tokens(shares.log().expand({kDraws, 4}), uniform), {}, 4);
  for (std::int64_t token = 0; token < 4; ++token) {
    const double share = shares[token].item<double>(), deviation = std::sqrt(share * (1 - share) / kDraws);
    EXPECT_NEAR(counts[token].item<double>() / kDraws, share, 5 * deviation);
  }
}

// Row by row, prefix by prefix and token by token, from the start each time.
std::int64_t next_token(const SequenceGenerator& generator, const std::vector<std::int64_t>& before,
                        double uniform) {
  SequenceGenerator::Writing writing = generator.begin(1);
  at::Tensor logits = generator.next_logits(at::zeros({1}, at::kLong), writing);
  for (const std::int64_t token : before)
    logits = generator.next_logits(at::full({1}, token, at::kLong), writing);
  return pick_tokens(logits, at::full({1}, uniform, at::kDouble)).item<std::int64_t>();
}

TEST(Rollouts, GoOnFromEachPrefixAsTheGeneratorWould) {
  const at::NoGradGuard no_grad;
  const auto generator = make_generator();
  const RandomStream stream(3, {.purpose = Purpose::test}, 0), other(4, {.purpose = Purpose::test}, 0);
  const at::Tensor uniform = draw_uniform(stream, 0, {kRows, kLength}, 0, 1, at::kDouble);
  const at::Tensor rollout_uniform =
      draw_uniform(other, 0, {kRollouts, kRows, kLength - 1, kLength}, 0, 1, at::kDouble);
  const SequencesWithRollouts made = sample_with_rollouts(*generator, uniform, rollout_uniform);
  EXPECT_TRUE(at::equal(made.tokens, sample_sequences(*generator, uniform)));
  for (std::int64_t row = 0; row < kRows; ++row)
    for (std::int64_t prefix = 0; prefix < kLength - 1; ++prefix)
      for (std::int64_t rollout = 0; rollout < kRollouts; ++rollout) {
        std::vector<std::int64_t> tokens;
        for (std::int64_t place = 0; place < kLength; ++place) {
          const double number = rollout_uniform[rollout][row][prefix][place].item<double>();
          tokens.push_back(place <= prefix ? made.tokens[row][place].item<std::int64_t>()
                                           : next_token(*generator, tokens, number));
          EXPECT_EQ(made.rollouts[prefix][rollout][row][place].item<std::int64_t>(), tokens.back())
              << "row " << row << ", prefix " << prefix << ", rollout " << rollout << ", place " << place;
        }
      }
}

TEST(Rollouts, AreJudgedAsWholeSequencesAre) {
  const at::NoGradGuard no_grad;
  const auto generator = make_generator();
  const auto discriminator =
      make_sequence_discriminator(LstmDiscriminatorOptions{.embedding_size = 5, .hidden_size = 6},
                                  {.vocabulary = kVocabulary, .seed = 2, .compute = at::kDouble});
  const RandomStream stream(3, {.purpose = Purpose::test}, 0), other(4, {.purpose = Purpose::test}, 0);
  const SequencesWithRollouts made = sample_with_rollouts(
      *generator, draw_uniform(stream, 0, {kRows, kLength}, 0, 1, at::kDouble),
      draw_uniform(other, 0, {kRollouts, kRows, kLength - 1, kLength}, 0, 1, at::kDouble));
  const auto logits = discriminator->rollout_logits(made.tokens, made.rollouts);
  EXPECT_TRUE(at::allclose(logits.of_tokens, discriminator->forward(made.tokens, {}).view(-1), 1e-12, 1e-14));
  EXPECT_TRUE(at::allclose(logits.of_rollouts.flatten(),
                           discriminator->forward(made.rollouts.view({-1, kLength}), {}).view(-1), 1e-12,
                           1e-14));
}

TEST(Rollouts, LikelihoodIsThatOfTheTokensOneByOne) {
  const at::NoGradGuard no_grad;
  const auto generator = make_generator();
  const at::Tensor tokens = at::tensor({3, 1, 6, 0, 2, 2, 5, 5, 4, 1}, at::kLong).view({2, 5});
  const at::Tensor logits = generator->forward(tokens, {});
  SequenceGenerator::Writing writing = generator->begin(2);
  at::Tensor before = at::zeros({2}, at::kLong);
  for (std::int64_t place = 0; place < kLength; ++place) {
    EXPECT_TRUE(at::allclose(generator->next_logits(before, writing), logits[place], 1e-12, 1e-14));
    before = tokens.select(1, place);
  }
}

}  // namespace
}  // namespace ganymede
