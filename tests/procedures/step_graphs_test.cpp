// Recordings of steps on a device (a double of one), of which the host has no part any more.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "tests/doubles/device_memory_exchange.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

class StepGraphsTest : public testing::Test {
 protected:
  // A step adds its numbers to `sum`, and returns what that is then.
  at::Tensor take(const at::Tensor& numbers, const std::string& phase = "adding") {
    return graphs_
        .take(phase, {{{.fields = {numbers.to(accelerator_double())}}}},
              [&](const StepData& data) {
                ++asked_;
                sum_.add_(data[0][0].fields[0].sum());
                if (reads_) sum_.item();
                return sum_ * 1;
              })
        .cpu();
  }
  void expect_sums(const at::Tensor& numbers, int steps) {
    for (int step = 0; step < steps; ++step) {
      expected_ += (numbers + step).sum().item<double>();
      EXPECT_EQ(take(numbers + step).item<double>(), expected_) << "step " << step;
    }
  }

  LoneCommunicator communicator_;
  StepGraphs graphs_{accelerator_recorder(), communicator_};
  at::Tensor sum_ = at::zeros({}, at::TensorOptions(at::kDouble).device(accelerator_double()));
  double expected_ = 0;
  int asked_ = 0;
  bool reads_ = false;
};

TEST_F(StepGraphsTest, TakeStepsWithoutTheHost) {
  expect_sums(at::ones({3}, at::kDouble), 6);
  EXPECT_EQ(asked_, StepGraphs::kEagerSteps + 1);
  EXPECT_EQ(graphs_.replays(), 6 - StepGraphs::kEagerSteps);
}

TEST_F(StepGraphsTest, RecordEachShapeAndEachPhase) {
  expect_sums(at::ones({3}, at::kDouble), 4);
  expect_sums(at::ones({5}, at::kDouble), 4);
  expect_sums(at::ones({3}, at::kDouble), 4);
  EXPECT_EQ(asked_, 2 * (StepGraphs::kEagerSteps + 1));
  take(at::ones({3}, at::kDouble), "another");
  EXPECT_EQ(asked_, 2 * (StepGraphs::kEagerSteps + 1) + 1);
}

TEST_F(StepGraphsTest, KeepWhatTheyReturned) {
  at::Tensor last;
  for (int step = 0; step < 4; ++step) last = take(at::ones({1}, at::kDouble));
  take(at::ones({1}, at::kDouble));
  EXPECT_EQ(last.item<double>(), 4);
}

TEST_F(StepGraphsTest, GiveUpWhereTheHostReadsANumberAndChangeNothingByTrying) {
  reads_ = true;
  expect_sums(at::ones({3}, at::kDouble), 6);
  EXPECT_EQ(graphs_.replays(), 0);
  EXPECT_EQ(asked_, 6 + 1);
}

TEST(Recording, RefusesMessagesOverTheHost) {
  LoneCommunicator communicator;
  const at::Tensor number = at::ones({1});
  {
    const GradientExchange::Recording recording(communicator.gradients());
    expect_error<Error>([&] { communicator.all_reduce_sum_(number); }, {"sends no messages over the host"});
  }
  communicator.all_reduce_sum_(number);
}

TEST(Recording, RefusesCopiesFromTheHost) {
  const at::Tensor there = at::zeros({2}, accelerator_double());
  expect_error<Error>([&] { accelerator_recorder()->record([&] { there.copy_(at::ones({2})); }); },
                      {"a copy between host and device is not permitted"});
}

}  // namespace
}  // namespace ganymede
