// The sequence procedure in each of its phases: what its losses are, on any number of ranks, after a resume,
// and in reproducible mode.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "kernels/random_tensor.hpp"
#include "procedures/sequence/oracle.hpp"
#include "procedures/sequence/streams.hpp"
#include "procedures/sequence/token_sampler.hpp"
#include "procedures/training_state.hpp"
#include "tests/procedures/attempts.hpp"
#include "tests/procedures/sequence/sentences.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kSequenceSeed = 4;

SequenceOptions small_sequence_options() {
  const UpdateOptions update{.optimizer = AdamOptions{.learning_rate = 1e-2}, .clip_gradient_norm = 5};
  return {
      .likelihood_steps = 4,
      .discriminator_start = 3,
      .discriminator_steps = 2,
      .rollouts = 3,
      .generator = {.network = LstmGeneratorOptions{.embedding_size = 5, .hidden_size = 7}, .update = update},
      .discriminator = {.network = LstmDiscriminatorOptions{.embedding_size = 4, .hidden_size = 6},
                        .update = update}};
}

std::unique_ptr<Procedure> make_sequence(Communicator& communicator,
                                         const SequenceOptions& options = small_sequence_options(),
                                         std::optional<std::int64_t> replicas = {},
                                         at::ScalarType dtype = at::kDouble) {
  return prepare_procedure(
      options, {.seed = kSequenceSeed, .sources = {kSentenceSpec}, .compute = dtype, .replicas = replicas},
      communicator)();
}

struct SequenceTraining {
  std::vector<std::vector<double>> scalars;  // [step]
  TrainingState state;
};

SequenceTraining train_sequence(std::int64_t steps, Communicator& communicator,
                                const SequenceOptions& options = small_sequence_options()) {
  const auto procedure = make_sequence(communicator, options);
  SequenceTraining training;
  for (std::int64_t step = 0; step < steps; ++step)
    training.scalars.push_back(take_sequence_step(*procedure, step, communicator));
  training.state = take_snapshot(*procedure);
  return training;
}

void expect_close(const SequenceTraining& found, const SequenceTraining& expected) {
  ASSERT_EQ(found.scalars.size(), expected.scalars.size());
  for (std::size_t step = 0; step < expected.scalars.size(); ++step)
    for (std::size_t i = 0; i < expected.scalars[step].size(); ++i)
      EXPECT_NEAR(found.scalars[step][i], expected.scalars[step][i], 1e-9) << "step " << step;
  for (std::size_t i = 0; i < expected.state.size(); ++i)
    EXPECT_TRUE(at::allclose(found.state[i].tensor, expected.state[i].tensor, 1e-8, 1e-10))
        << expected.state[i].name;
}

TEST(SequenceProcedures, HaveThePhasesOfTheirOptions) {
  LoneCommunicator communicator;
  const auto procedure = make_sequence(communicator);
  const std::vector<Phase>& phases = procedure->schedule().phases();
  ASSERT_EQ(phases.size(), 3U);
  EXPECT_THAT(phases[0].scalars, testing::ElementsAre("negative_log_likelihood"));
  EXPECT_EQ(phases[1].steps, 3);
  EXPECT_EQ(phases[2].batches.front(), 2);
  SequenceOptions adversarial_only = small_sequence_options();
  adversarial_only.likelihood_steps = adversarial_only.discriminator_start = 0;
  EXPECT_EQ(make_sequence(communicator, adversarial_only)->schedule().phases().size(), 1U);
}

TEST(SequenceProcedures, AnUntrainedGeneratorKnowsNothing) {
  LoneCommunicator communicator;
  const SequenceTraining training = train_sequence(1, communicator);
  EXPECT_NEAR(training.scalars[0][0], std::log(kSentenceWords), 0.3);
}

TEST(SequenceProcedures, LikelihoodLearnsWhatFollows) {
  LoneCommunicator communicator;
  SequenceOptions options = small_sequence_options();
  options.likelihood_steps = 300;
  const SequenceTraining training = train_sequence(300, communicator, options);
  EXPECT_LT(training.scalars.back()[0], 0.6);
}

SequenceOptions sequence_options_with_cnn() {
  SequenceOptions options = small_sequence_options();
  options.discriminator.network = CnnDiscriminatorOptions{.embedding_size = 4,
                                                          .filter_widths = {1, 2, 5},
                                                          .filters = {6, 5, 4},
                                                          .dropout = 0.3,
                                                          .output_penalty = 0.2};
  return options;
}

TEST(SequenceProcedures, DoNotDependOnTheNumberOfRanks) {
  LoneCommunicator lone;
  SequenceOptions with_baseline = small_sequence_options();
  with_baseline.baseline = true;
  for (const SequenceOptions& options :
       {small_sequence_options(), with_baseline, sequence_options_with_cnn()}) {
    const SequenceTraining alone = train_sequence(20, lone, options);
    for (const int ranks : {2, 3})
      run_loopback_ranks(ranks, [&](Communicator& communicator) {
        expect_close(train_sequence(20, communicator, options), alone);
      });
  }
}

TEST(SequenceProcedures, ResumeExactlyInsideEachPhase) {
  LoneCommunicator communicator;
  const SequenceTraining straight = train_sequence(12, communicator);
  for (const std::int64_t stop : {2, 4, 6, 7, 10}) {
    const auto first = make_sequence(communicator), second = make_sequence(communicator);
    for (std::int64_t step = 0; step < stop; ++step) take_sequence_step(*first, step, communicator);
    restore_state(take_snapshot(*first), *second, "the snapshot");
    for (std::int64_t step = stop; step < 12; ++step) take_sequence_step(*second, step, communicator);
    EXPECT_EQ(checksum_state(*second), checksum_state(straight.state)) << "after step " << stop;
  }
}

TEST(SequenceProcedures, HaveTheSameBitsInReproducibleMode) {
  at::set_num_threads(1);
  std::vector<std::uint32_t> checksums;
  for (const int ranks : {1, 2, 4})
    run_loopback_ranks(ranks, [&](Communicator& communicator) {
      const auto procedure =
          make_sequence(communicator, small_sequence_options(), /*replicas=*/4, at::kFloat);
      for (std::int64_t step = 0; step < 15; ++step) take_sequence_step(*procedure, step, communicator);
      const std::uint32_t checksum = checksum_state(*procedure);
      if (communicator.rank() == 0) checksums.push_back(checksum);
    });
  EXPECT_EQ(checksums[1], checksums[0]);
  EXPECT_EQ(checksums[2], checksums[0]);
}

// The gradient of -log p(token) x reward, summed over places, where nothing but the reward's constant stands.
TEST(SequenceProcedures, TheConstantRewardIsTheLikelihoodOfOwnSamples) {
  LoneCommunicator communicator;
  SequenceOptions options = small_sequence_options();
  options.likelihood_steps = options.discriminator_start = 0;
  options.reward = SequenceReward::constant;
  const auto procedure = make_sequence(communicator, options);
  const auto generator = std::dynamic_pointer_cast<SequenceGenerator>(procedure->players()[0].network);
  const RandomStream stream(kSequenceSeed,
                            {.purpose = SequencePurpose::tokens,
                             .network = SequenceNetworkId::generator,
                             .pass = SequencePass::generator},
                            0);
  const at::Tensor tokens =
      sample_sequences(*generator, draw_uniform(stream, 0, {kSentences, kSentenceLength}, 0, 1, at::kDouble));
  at::Tensor expected;
  {
    const at::NoGradGuard no_grad;
    expected = -generator->forward(tokens, {}).log_softmax(2).gather(2, tokens.t().unsqueeze(2)).mean();
  }
  const std::vector<double> scalars = take_sequence_step(*procedure, 0, communicator);
  EXPECT_NEAR(scalars[0], expected.item<double>(), 1e-10);
  EXPECT_DOUBLE_EQ(scalars[1], 1);
}

// A discriminator that knows the data, and learns no more, rewards what is like them.
TEST(SequenceProcedures, RewardsDrawTheGeneratorToTheData) {
  LoneCommunicator communicator;
  constexpr std::int64_t kJudgeSteps = 150;
  SequenceOptions options = small_sequence_options();
  options.likelihood_steps = 0;
  options.discriminator_start = kJudgeSteps;
  options.discriminator.update.schedule.decay =
      LinearDecay{.start = kJudgeSteps, .steps = 1, .final_factor = 0};
  const SequenceTraining training = train_sequence(400, communicator, options);
  const auto mean_reward = [&](std::size_t first) {
    double sum = 0;
    for (std::size_t step = first; step < first + 20; ++step) sum += training.scalars[step][1];
    return sum / 20;
  };
  EXPECT_GT(mean_reward(380), 3 * mean_reward(kJudgeSteps));
}

TEST(SequenceProcedures, SamplesAreTheirWords) {
  LoneCommunicator communicator;
  const auto procedure = make_sequence(communicator);
  const SampleSet whole = procedure->sample({.count = 5}),
                  part = procedure->sample({.first_place = 2, .count = 2});
  ASSERT_EQ(whole.texts.size(), 5U);
  EXPECT_EQ(std::count(whole.texts[0].begin(), whole.texts[0].end(), ' '), kSentenceLength - 1);
  EXPECT_EQ(part.texts[1], whole.texts[3]);
}

// The frame of sequences must not tell real ones from generated ones: where the generator has the law of the
// data, nothing does.
class SequenceFrames : public testing::TestWithParam<bool> {
 protected:
  static constexpr std::int64_t kWords = 12, kLength = 6, kTogether = 256;

  static Batch real(const SequenceGenerator& law, std::uint64_t seed, std::int64_t number,
                    std::int64_t rows) {
    return {.fields = {draw_from_oracle(law, seed, number * rows, rows, kLength).to(at::kLong)},
            .global_batch_size = rows,
            .number = number};
  }
  static void give_weights(const SequenceGenerator& from, Procedure& to) {
    const at::NoGradGuard no_grad;
    auto weights = to.players()[0].network->named_parameters();
    for (const auto& parameter : from.named_parameters()) weights[parameter.key()].copy_(parameter.value());
  }
};

TEST_P(SequenceFrames, LeaveTheDiscriminatorAtOneHalf) {
  LoneCommunicator communicator;
  const bool same_law = GetParam();
  const auto data = make_oracle({.seed = 1}, kWords, at::kFloat);
  const auto generator = same_law ? data : make_oracle({.seed = 2}, kWords, at::kFloat);
  SequenceOptions options = small_sequence_options();
  options.likelihood_steps = 0;
  options.discriminator_start = 300;
  options.generator.network = LstmGeneratorOptions{.embedding_size = 32, .hidden_size = 32};
  const auto procedure = prepare_procedure(
      options, {.seed = kSequenceSeed, .sources = {sequence_spec(kLength, kWords)}, .compute = at::kFloat},
      communicator)();
  give_weights(*generator, *procedure);
  for (std::int64_t step = 0; step < options.discriminator_start; ++step)
    procedure->step(step, {{real(*data, 3, step, kTogether)}});

  const at::NoGradGuard no_grad;
  constexpr std::int64_t kHeldOut = 4000;
  auto& judge = dynamic_cast<SequenceDiscriminator&>(*procedure->players()[1].network);
  const auto share_taken_for_real = [&](const at::Tensor& tokens) {
    return (judge.forward(tokens, {}) > 0).to(at::kDouble).mean().item<double>();
  };
  const double right = (share_taken_for_real(real(*data, 4, 0, kHeldOut).fields.front()) + 1 -
                        share_taken_for_real(procedure->sample({.count = kHeldOut}).values)) /
                       2;
  if (same_law)
    EXPECT_NEAR(right, 0.5, 0.03);
  else
    EXPECT_GT(right, 0.7) << "the same discriminator tells other laws apart";
}
INSTANTIATE_TEST_SUITE_P(OfTheSameLawAndAnother, SequenceFrames, testing::Bool());

TEST(SequenceProcedures, FiguresAreLikelihoods) {
  LoneCommunicator communicator;
  SequenceOptions options = small_sequence_options();
  EXPECT_TRUE(make_sequence(communicator, options)->figures({}).empty());
  options.oracle = OracleOptions{.seed = 1};
  const auto procedure = make_sequence(communicator, options);
  const Batch held_out = sentences(100, {0, kSentences});
  const Figures figures = procedure->figures({held_out});
  ASSERT_EQ(figures.size(), 3U);
  EXPECT_EQ(figures[0].name, "nll_held_out");
  // The first step's likelihood is of the same weights.
  EXPECT_NEAR(figures[0].value, procedure->step(0, {{held_out}}).item<double>(), 1e-9);
  EXPECT_EQ(figures[1].name, "nll_oracle");
  EXPECT_EQ(figures[2].name, "nll_oracle_itself");
  EXPECT_GT(figures[1].value, figures[2].value + 0.5)
      << "an untrained generator's sequences surprise the oracle";
}

TEST(SequenceProcedures, OtherDataAndContradictionsAreRefused) {
  LoneCommunicator communicator;
  expect_error<UserError>(
      [&] { prepare_procedure(small_sequence_options(), {.sources = {point_spec(2)}}, communicator); },
      {"`sequence` trains from sequences of tokens", "points"});
  SequenceOptions options = small_sequence_options();
  options.baseline = true;
  check_options(options, {.global_batch_size = 4});
  expect_error<UserError>([&] { check_options(options, {.global_batch_size = 4, .replicas = 2}); },
                          {"sequence.baseline", "reproducible"});
  options.reward = SequenceReward::constant;
  expect_error<UserError>([&] { check_options(options, {.global_batch_size = 4}); },
                          {"sequence.baseline", "sequence.reward: constant"});
  options = sequence_options_with_cnn();
  std::get<CnnDiscriminatorOptions>(options.discriminator.network).filters.pop_back();
  expect_error<UserError>([&] { check_options(options, {.global_batch_size = 4}); },
                          {"3 filter_widths and 2 filters"});
  options = small_sequence_options();
  options.oracle = OracleOptions{.seed = 1, .file = "f"};
  expect_error<UserError>([&] { check_options(options, {.global_batch_size = 4}); }, {"both seed and file"});
  options = small_sequence_options();
  options.generator.update.spectral_norm = true;
  expect_error<UserError>([&] { check_options(options, {.global_batch_size = 4}); }, {"spectral_norm"});
}

TEST(SequenceProcedure, AnotherAttemptDrawsOtherTokensAtItsOwnRates) {
  LoneCommunicator communicator;
  SequenceOptions options = small_sequence_options();
  options.likelihood_steps = options.discriminator_start = 1;
  expect_attempts_to_differ([&] { return make_sequence(communicator, options); },
                            [&](Procedure& procedure) {
                              for (std::int64_t step = 0; step < 4; ++step)
                                take_sequence_step(procedure, step, communicator);
                            });
}

}  // namespace
}  // namespace ganymede
