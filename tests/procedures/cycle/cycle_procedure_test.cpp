// The cycle procedure: what its losses are, on any number of ranks, after a resume, and in reproducible mode;
// what it shows and refuses.
#include "procedures/cycle/cycle_procedure.hpp"

#include <gmock/gmock.h>

#include "distributed/lone_communicator.hpp"
#include "distributed/loopback_communicator.hpp"
#include "tests/procedures/attempts.hpp"
#include "tests/procedures/cycle/cycle_training.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;

TEST(CycleProcedures, DoNotDependOnTheNumberOfRanks) {
  LoneCommunicator lone;
  CycleSetting bce, identity_of_grey;
  bce.options.loss = BceLoss{};
  identity_of_grey.options.identity_weight = 2;
  for (const CycleSetting& setting : {CycleSetting{}, colours_with_identity_loss(), identity_of_grey, bce}) {
    const CycleTraining alone = train_cycle(setting, 20, lone);
    EXPECT_EQ(tensor_of(alone.state, "procedure/history_a_count").item<std::int64_t>(), 10);
    for (const int ranks : {2, 3})
      run_loopback_ranks(ranks, [&](Communicator& communicator) {
        expect_close(train_cycle(setting, 20, communicator), alone);
      });
  }
}

TEST(CycleProcedures, ResumeExactlyWithAFullPoolAndInsideTheDecay) {
  LoneCommunicator communicator;
  const CycleSetting setting;
  const CycleTraining straight = train_cycle(setting, 12, communicator);
  for (const std::int64_t stop : {1, 3, 8}) {
    const auto first = make_cycle(setting, communicator), second = make_cycle(setting, communicator);
    for (std::int64_t step = 0; step < stop; ++step) take_cycle_step(*first, setting, step, communicator);
    restore_state(take_snapshot(*first), *second, "the snapshot");
    for (std::int64_t step = stop; step < 12; ++step) take_cycle_step(*second, setting, step, communicator);
    EXPECT_EQ(checksum_state(*second), checksum_state(straight.state)) << "after step " << stop;
  }
}

TEST(CycleProcedures, HaveTheSameBitsInReproducibleMode) {
  at::set_num_threads(1);
  const CycleSetting setting{.replicas = 4, .compute = at::kFloat, .global_batch_size = 8};
  std::vector<std::uint32_t> checksums;
  for (const int ranks : {1, 2, 4})
    run_loopback_ranks(ranks, [&](Communicator& communicator) {
      const std::uint32_t checksum = checksum_state(train_cycle(setting, 10, communicator).state);
      if (communicator.rank() == 0) checksums.push_back(checksum);
    });
  EXPECT_EQ(checksums[1], checksums[0]);
  EXPECT_EQ(checksums[2], checksums[0]);
}

TEST(CycleProcedures, TheTwoDirectionsStartFromDifferentNumbersAndDropOutDifferently) {
  LoneCommunicator communicator;
  const auto procedure = make_cycle(colours_with_identity_loss(), communicator);
  const std::vector<Player> players = procedure->players();
  ASSERT_EQ(players.size(), 4U);
  EXPECT_FALSE(at::equal(players[0].arena.values(), players[1].arena.values()));
  EXPECT_FALSE(at::equal(players[2].arena.values(), players[3].arena.values()));

  const at::NoGradGuard no_grad;
  const auto weights = players[0].network->parameters(), others = players[1].network->parameters();
  for (std::size_t i = 0; i < weights.size(); ++i) others[i].copy_(weights[i]);
  const at::Tensor images = cycle_batch(colours_with_identity_loss(), 0, 0, {0, 2}).fields.front();
  const auto translate = [&](std::size_t player, bool training) {
    auto& network = dynamic_cast<Network&>(*players[player].network);
    return network.forward(images, {.training = training, .segments = {{.first_place = 0, .rows = 2}}});
  };
  EXPECT_TRUE(at::equal(translate(0, false), translate(1, false)));
  EXPECT_FALSE(at::allclose(translate(0, true), translate(1, true)));
}

TEST(CycleProcedures, LearnToComeBack) {
  LoneCommunicator communicator;
  CycleSetting setting{.shapes = {kGreyShape, kGreyShape}, .pixel_size = 4};
  setting.options.generator.network = ResnetGeneratorOptions{.width = 8, .residual_blocks = 1};
  setting.options.generator.update = {.optimizer = AdamOptions{.learning_rate = 2e-3, .beta1 = 0.5}};
  const CycleTraining training = train_cycle(setting, 150, communicator);
  const auto mean_cycle_loss = [&](std::size_t first) {
    double sum = 0;
    for (std::size_t step = first; step < first + 10; ++step) sum += training.scalars[step][1];
    return sum / 10;
  };
  EXPECT_LT(mean_cycle_loss(140), 0.75 * mean_cycle_loss(0));  // 5.2 after 8.7
}

TEST(CycleProcedures, SamplesAreCyclesOfTheFirstImages) {
  LoneCommunicator communicator;
  const CycleSetting setting;
  const auto procedure = make_cycle(setting, communicator);
  for (std::int64_t step = 0; step < 2; ++step) take_cycle_step(*procedure, setting, step, communicator);
  const SampleSet shown = procedure->sample({.count = 20});
  ASSERT_EQ(shown.values.sizes(), (at::IntArrayRef{20, 3, 8, 36}));
  const at::Tensor a = cycle_batch(setting, 0, 0, {0, 6}).fields.front(),
                   later = cycle_batch(setting, 1, 1, {0, 6}).fields.front();
  EXPECT_TRUE(at::equal(shown.values[4].narrow(2, 0, 12), a[2].expand({3, 8, 12})));
  EXPECT_TRUE(at::equal(shown.values[13].narrow(2, 0, 12), later[0])) << "the seventh image of b";
  EXPECT_TRUE(at::equal(shown.values[18], shown.values[2]));
  EXPECT_EQ(procedure->sample_form().distinct, 16);

  const SampleSet there = procedure->sample({.first_place = 1, .count = 2, .of = Translation{"a-to-b", a}});
  ASSERT_EQ(there.values.sizes(), (at::IntArrayRef{2, 3, 8, 12}));
  EXPECT_TRUE(at::allclose(there.values[1], shown.values[4].narrow(2, 12, 12), 1e-12, 1e-12));
  expect_error<UserError>(
      [&] {
        procedure->sample({.count = 1, .of = Translation{"a-to-c", a}});
      },
      {"a-to-c", "b-to-a"});
}

TEST(CycleProcedures, MeasureCyclesAndWhereTheyAreKnownTruePartners) {
  LoneCommunicator communicator;
  CycleSetting setting;
  const auto batches = [&](std::int64_t of_b) {
    return std::vector{cycle_batch(setting, 0, 7, {0, 5}), cycle_batch(setting, 1, 7, {0, of_b})};
  };
  const auto unpaired = make_cycle(setting, communicator);
  EXPECT_TRUE(unpaired->figures({}).empty());
  const Figures of_cycles = unpaired->figures(batches(4));
  ASSERT_EQ(of_cycles.size(), 2U);
  const at::Tensor a = batches(4)[0].fields.front();
  const at::Tensor there = unpaired->sample({.count = 5, .of = Translation{"a-to-b", a}}).values,
                   back = unpaired->sample({.count = 5, .of = Translation{"b-to-a", there}}).values;
  EXPECT_NEAR(of_cycles[0].value, (back - a).abs().mean().item<double>() / 2, 1e-12);

  setting.options.held_out_pairs = true;
  const auto paired = make_cycle(setting, communicator);
  const Figures of_pairs = paired->figures(batches(5));
  ASSERT_EQ(of_pairs.size(), 14U);
  const at::Tensor b = batches(5)[1].fields.front();
  EXPECT_EQ(of_pairs[2].name, "a_to_b_error");
  EXPECT_NEAR(of_pairs[2].value, (there - b).abs().mean().item<double>() / 2, 1e-12);
  EXPECT_NEAR(of_pairs[3].value, (a.expand_as(b) - b).abs().mean().item<double>() / 2, 1e-12);
  EXPECT_EQ(of_pairs[4].name, "a_to_b_matched");
  double matched = 0;
  for (std::int64_t i = 0; i < 5; ++i)
    matched += (there[i] - b).abs().sum({1, 2, 3}).argmin().item<std::int64_t>() == i ? 0.2 : 0;
  EXPECT_NEAR(of_pairs[4].value, matched, 1e-12);
  EXPECT_EQ(of_pairs[9].name, "b_to_a_copy_error");
  const at::Tensor grey = 0.299 * b.select(1, 0) + 0.587 * b.select(1, 1) + 0.114 * b.select(1, 2);
  EXPECT_NEAR(of_pairs[9].value, (grey - a.select(1, 0)).abs().mean().item<double>() / 2, 1e-12);
  expect_error<UserError>([&] { paired->figures(batches(4)); }, {"held_out_pairs", "5 and 4 images"});
}

TEST(CycleProcedures, DomainsThatDoNotFitAreRefused) {
  LoneCommunicator communicator;
  const auto refuse = [&](const CycleSetting& setting, const std::vector<std::string>& words) {
    expect_error<UserError>([&] { make_cycle(setting, communicator); }, words);
  };
  refuse({.shapes = {kGreyShape, {.channels = 1, .height = 12, .width = 12}}}, {"8 x 12 and 12 x 12"});
  const ImageShape two_channels{.channels = 2, .height = 8, .width = 8};
  refuse({.shapes = {two_channels, two_channels}}, {"2 channels", "1 or 3"});
  const ImageShape odd{.channels = 1, .height = 10, .width = 12};
  refuse({.shapes = {odd, odd}}, {"resnet", "multiples of 4", "10 x 12"});
  CycleSetting deep;
  deep.options.discriminator.network = PatchDiscriminatorOptions{.layers = 2};
  refuse(deep, {"patchgan has 2 layers", "8 x 12", "fewer layers"});
  expect_error<UserError>(
      [&] {
        prepare_procedure(small_cycle_options(), {.sources = {image_spec(kGreyShape), point_spec(2)}},
                          communicator);
      },
      {"`cycle` trains from images", "points"});
}

TEST(CycleProcedure, AnotherAttemptDrawsOtherNumbersAtItsOwnRates) {
  LoneCommunicator communicator;
  const CycleSetting setting;
  expect_attempts_to_differ([&] { return make_cycle(setting, communicator); },
                            [&](Procedure& procedure) {
                              for (std::int64_t step = 0; step < 4; ++step)
                                take_cycle_step(procedure, setting, step, communicator);
                            });
}

}  // namespace
}  // namespace ganymede
