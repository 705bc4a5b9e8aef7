#include "procedures/schedule.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

// 3 steps that take two batches of source 0, then 2 that take none, then one of source 0 and four of source 1
// for ever.
Schedule three_phases() {
  return Schedule({{.name = "warming", .batches = {2, 0}, .steps = 3},
                   {.name = "resting", .batches = {0, 0}, .steps = 2},
                   {.name = "going", .batches = {1, 4}}});
}

TEST(Schedules, APhaseIsAFunctionOfTheStep) {
  const Schedule schedule = three_phases();
  const std::vector<std::string> expected = {"warming", "warming", "warming", "resting", "resting", "going"};
  for (std::size_t step = 0; step < expected.size(); ++step)
    EXPECT_EQ(schedule.phase_of(static_cast<std::int64_t>(step)).name, expected[step]);
  EXPECT_EQ(schedule.phase_of(1'000'000).name, "going");
  EXPECT_EQ(schedule.steps_of_preparation(), 5);
}

TEST(Schedules, CountTheBatchesThatEachStepFindsTaken) {
  const Schedule schedule = three_phases();
  std::int64_t first = 0, second = 0;
  for (std::int64_t step = 0; step < 20; ++step) {
    EXPECT_EQ(schedule.batches_before(step, 0), first) << step;
    EXPECT_EQ(schedule.batches_before(step, 1), second) << step;
    first += schedule.phase_of(step).batches[0];
    second += schedule.phase_of(step).batches[1];
  }
}

TEST(Schedules, AnEpochLastsAsLongAsTheSlowestSource) {
  const Schedule schedule = three_phases();
  EXPECT_EQ(schedule.steps_per_epoch({10, 20}), 10);  // 20 / 4 is less
  EXPECT_EQ(schedule.steps_per_epoch({10, 80}), 20);
  EXPECT_EQ(Schedule({{.name = "critic", .batches = {5}}}).steps_per_epoch({937}), 187);
}

TEST(Schedules, EpochsOfOneSourceAreThoseOfItsBatches) {
  const Schedule schedule({{.name = "critic", .batches = {5}}});
  for (std::int64_t step = 0; step < 100; ++step)
    EXPECT_EQ(schedule.epoch_of(step, {12}), (5 * step + 4) / 12) << "of the step's last batch";
}

}  // namespace
}  // namespace ganymede
