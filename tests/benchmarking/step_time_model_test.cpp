// The model of step time against formulas worked out by hand.
#include "benchmarking/step_time_model.hpp"

#include <gtest/gtest.h>

#include "base/spread.hpp"

namespace ganymede {
namespace {

// 2 ms + 0.5 ms a row, two sums of 1 MB each, one small sum of 1 kB; 1 GB/s and 100 us between nodes.
StepTimeModel example() {
  return {.compute = {.intercept = 2e-3, .slope = 0.5e-3},
          .slowdown = 1.1,
          .traffic = {.gradient_sums = 2,
                      .gradient_bytes = 2e6,
                      .small_sums = 1,
                      .small_bytes = 1e3,
                      .timeline = {{0.25, 0.4e6}, {0.5, 0.6e6}, {0.5, 0}, {0.7, 1e6}, {1.0, 0}}},
          .node_sum = {.intercept = 10e-6, .slope = 0.25e-9},
          .node_small_sum = 5e-6,
          .network = {.bandwidth = 1e9, .latency = 100e-6, .overlap = false}};
}

TEST(StepTimeModel, OneRankOnlyComputes) {
  const StepPrediction predicted = predict_step(example(), {.nodes = 1, .ranks_per_node = 1, .rows = 64});
  EXPECT_DOUBLE_EQ(predicted.compute, 1.1 * 34e-3);
  EXPECT_DOUBLE_EQ(predicted.step(), predicted.compute);
  EXPECT_DOUBLE_EQ(predicted.samples_per_second(), 64 / (1.1 * 34e-3));
}

TEST(StepTimeModel, RanksOfOneNodeSumWithoutTheNetwork) {
  const StepPrediction predicted = predict_step(example(), {.nodes = 1, .ranks_per_node = 4, .rows = 64});
  EXPECT_DOUBLE_EQ(predicted.node_sum, 2 * 10e-6 + 2e6 * 0.25e-9);
  EXPECT_DOUBLE_EQ(predicted.small_sums, 5e-6);
  EXPECT_EQ(predicted.network_sum, 0);
  EXPECT_DOUBLE_EQ(predicted.samples, 256);
}

TEST(StepTimeModel, RanksOfOneNodeShareTheUpdate) {
  StepTimeModel model = example();
  model.shared_update = 4e-3;
  const StepPrediction alone = predict_step(model, {.nodes = 2, .ranks_per_node = 1, .rows = 64});
  EXPECT_DOUBLE_EQ(alone.compute, 1.1 * 34e-3);
  const StepPrediction four = predict_step(model, {.nodes = 2, .ranks_per_node = 4, .rows = 64});
  EXPECT_DOUBLE_EQ(four.compute, 1.1 * (34e-3 - 3e-3));
}

TEST(StepTimeModel, PowersOfTwoHalveAndDouble) {
  const StepPrediction predicted = predict_step(example(), {.nodes = 8, .ranks_per_node = 1, .rows = 64});
  // Each node sends 7/8 of the bytes twice; 2 log2(8) rounds for each of two sums.
  EXPECT_DOUBLE_EQ(predicted.network_sum, 2 * 7.0 / 8 * 2e6 / (kPayload * 1e9) + 2 * 6 * 100e-6);
  EXPECT_DOUBLE_EQ(predicted.small_sums, 3 * (100e-6 + 1e3 / (kPayload * 1e9)));
  EXPECT_EQ(predicted.node_sum, 0);
}

TEST(StepTimeModel, OfOtherNumbersAllExchangeWithAll) {
  const StepPrediction predicted = predict_step(example(), {.nodes = 6, .ranks_per_node = 2, .rows = 64});
  EXPECT_DOUBLE_EQ(predicted.network_sum, 2 * 5.0 / 6 * 2e6 / (kPayload * 1e9) + 2 * 2 * 100e-6);
  EXPECT_DOUBLE_EQ(predicted.small_sums, 5e-6 + 3 * (100e-6 + 1e3 / (kPayload * 1e9)));
  EXPECT_DOUBLE_EQ(predicted.step(),
                   predicted.compute + predicted.node_sum + predicted.network_sum + predicted.small_sums);
}

// Two nodes: each byte is sent once. Compute takes 1.1 x 34 ms; the events lie at 1/4, 1/2, 7/10 and the end.
TEST(StepTimeModel, GradientsHideWhereTheTimelineLeavesRoom) {
  StepTimeModel model = example();
  model.network = {.bandwidth = 1e9 / kPayload, .latency = 0, .overlap = true};
  const Cluster cluster{.nodes = 2, .ranks_per_node = 1, .rows = 64};
  // Fast: of 0.4, 0.6 and 1 ms on the wire only the 0.6 are complete when they are needed.
  EXPECT_NEAR(predict_step(model, cluster).hidden, 2e-3 - 0.6e-3, 1e-12);

  // Slow: 40, 60 and 100 ms. The first is done 40 ms after 9.35 ms, the second 60 ms later; they are needed
  // at 18.7 ms. The last has the 30 % of compute that follow it.
  model.network.bandwidth = 1e7 / kPayload;
  const double compute = 1.1 * 34e-3;
  const double first_wait = 0.25 * compute + 100e-3 - 0.5 * compute, last_wait = 100e-3 - 0.3 * compute;
  EXPECT_NEAR(predict_step(model, cluster).hidden, 200e-3 - first_wait - last_wait, 1e-12);
  EXPECT_EQ(predict_step(model, {.nodes = 1, .ranks_per_node = 2, .rows = 64}).hidden, 0);
}

// Of the gradient of 0.6 MB a row's factors have 2 kB, and take 5 us to multiply.
StepTimeModel example_with_factors() {
  StepTimeModel model = example();
  model.traffic.timeline[1].factor_bytes = 2e3;
  model.traffic.timeline[1].product_seconds = 5e-6;
  return model;
}

TEST(StepTimeModel, FactorsTravelWhereThoseOfAllRanksAreSmaller) {
  const StepTimeModel model = example_with_factors();
  const double wire = kPayload * 1e9;
  // 4 x 64 rows: 0.512 MB. Each rank gets the factors of three others and multiplies them.
  const Cluster four{.nodes = 4, .ranks_per_node = 1, .rows = 64, .factors = true};
  const StepPrediction of_four = predict_step(model, four);
  EXPECT_DOUBLE_EQ(of_four.network_sum, (1.5 * 1.4e6 + 3 * 64 * 2e3) / wire + 2 * 4 * 100e-6);
  EXPECT_DOUBLE_EQ(of_four.products, 1.1 * 3 * 64 * 5e-6);
  EXPECT_DOUBLE_EQ(of_four.compute, 1.1 * 34e-3);
  EXPECT_DOUBLE_EQ(of_four.step(),
                   of_four.compute + of_four.products + of_four.network_sum + of_four.small_sums);
  // 8 x 64 rows: 1.024 MB. With half of the rows 0.512 MB again.
  const StepPrediction of_eight =
      predict_step(model, {.nodes = 8, .ranks_per_node = 1, .rows = 64, .factors = true});
  EXPECT_DOUBLE_EQ(of_eight.network_sum, 2 * 7.0 / 8 * 2e6 / wire + 2 * 6 * 100e-6);
  EXPECT_EQ(of_eight.products, 0);
  const StepPrediction of_half =
      predict_step(model, {.nodes = 8, .ranks_per_node = 1, .rows = 32, .factors = true});
  EXPECT_DOUBLE_EQ(of_half.network_sum, (2 * 7.0 / 8 * 1.4e6 + 7 * 32 * 2e3) / wire + 2 * 6 * 100e-6);
}

TEST(StepTimeModel, FactorsStayWhereTheyMayNotTravel) {
  const Cluster four{.nodes = 4, .ranks_per_node = 1, .rows = 64};
  const StepPrediction with = predict_step(example_with_factors(), four),
                       without = predict_step(example(), four);
  EXPECT_EQ(with.products, 0);
  EXPECT_EQ(with.step(), without.step());
}

// Two nodes with links on which each event takes as many milliseconds as it has 10 kB: sums 40 and 100,
// factors 64 x 2 kB / 10 kB = 12.8. These leave after the first 40.
TEST(StepTimeModel, FactorsHideLikeSums) {
  StepTimeModel model = example_with_factors();
  model.network = {.bandwidth = 1e7 / kPayload, .latency = 0, .overlap = true};
  const StepPrediction predicted =
      predict_step(model, {.nodes = 2, .ranks_per_node = 1, .rows = 64, .factors = true});
  const double compute = 1.1 * 34e-3;
  const double first_wait = 0.25 * compute + 40e-3 + 12.8e-3 - 0.5 * compute;
  const double last_wait = 100e-3 - 0.3 * compute;
  EXPECT_NEAR(predicted.hidden, 152.8e-3 - first_wait - last_wait, 1e-12);
}

TEST(StepTimeModel, EfficiencyIsSpeedANode) {
  const Cluster one{.nodes = 1, .ranks_per_node = 2, .rows = 64},
      four{.nodes = 4, .ranks_per_node = 2, .rows = 64};
  const StepPrediction of_one = predict_step(example(), one), of_four = predict_step(example(), four);
  EXPECT_DOUBLE_EQ(efficiency(of_one, one, of_one), 1);
  // Weak scaling: the same samples a node, so it is the ratio of the steps.
  EXPECT_DOUBLE_EQ(efficiency(of_four, four, of_one), of_one.step() / of_four.step());
}

TEST(FitLine, GoesThroughPointsOnALine) {
  const FittedLine line = fit_line({{16, 2 + 0.5 * 16}, {32, 2 + 0.5 * 32}, {128, 2 + 0.5 * 128}});
  EXPECT_NEAR(line.intercept, 2, 1e-12);
  EXPECT_NEAR(line.slope, 0.5, 1e-12);
}

TEST(FitLine, ErrorsAreRelative) {
  // Of y = c the best relative fit is c = sum(1/y) / sum(1/y^2), below the mean.
  const FittedLine line = fit_line({{1, 2}, {2, 1}});
  EXPECT_EQ(line.slope, 0) << "a time does not fall with its rows";
  EXPECT_DOUBLE_EQ(line.intercept, (1.0 / 2 + 1) / (1.0 / 4 + 1));
}

TEST(FitLine, DoesNotStartBelowZero) {
  const FittedLine line = fit_line({{1, 1}, {2, 4}});
  EXPECT_EQ(line.intercept, 0);
  EXPECT_DOUBLE_EQ(line.slope, (1.0 / 1 + 2.0 / 4) / (1.0 / 1 + 4.0 / 16));
}

TEST(Spread, OfOddAndEvenNumbersOfValues) {
  const Spread odd = spread_of({3, 1, 2});
  EXPECT_EQ(odd.median, 2);
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.max, 3);
  EXPECT_EQ(spread_of({4, 1, 2, 8}).median, 3);
}

}  // namespace
}  // namespace ganymede
