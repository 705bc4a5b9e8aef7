// Which checkpoints stay and which are removed.
#include <cmath>

#include "tests/training/stored_checkpoints.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class KeptCheckpoints : public Checkpoints {};

TEST_F(KeptCheckpoints, OnlyTheNewestAreKept) {
  for (const int step : {1, 2, 3, 10}) save(step, /*keep=*/2);
  EXPECT_THAT(store_.steps(), ElementsAre(10, 3));
  EXPECT_EQ(usable_step(), 10);
}

TEST_F(KeptCheckpoints, EveryKthStaysForGood) {
  for (const int step : {100, 150, 200, 250, 300, 350})
    store_.save(info_of(step), state_of(step), {.newest = 1, .every = 200});
  EXPECT_THAT(store_.steps(), ElementsAre(350, 200));
}

TEST_F(KeptCheckpoints, TheBestStaysAlsoOverAResume) {
  const KeepOptions keep{.newest = 1, .best = BestOptions{.scalar = "oracle", .of = Extreme::lowest}};
  const auto save_with = [&](CheckpointStore& store, std::int64_t step, double oracle) {
    CheckpointInfo info = info_of(step);
    info.scalars = {{"generator_loss", -static_cast<double>(step)}, {"oracle", oracle}};
    store.save(info, state_of(step), keep);
  };
  save_with(store_, 1, 9);
  save_with(store_, 2, 7);
  save_with(store_, 3, 7);
  save_with(store_, 4, std::nan(""));
  EXPECT_THAT(store_.steps(), ElementsAre(4, 2)) << "of equal ones the first; not a number is not the best";
  CheckpointStore resumed(folder_.path());
  save_with(resumed, 5, 8);
  EXPECT_THAT(resumed.steps(), ElementsAre(5, 2));
  EXPECT_EQ(read_checkpoint_info(resumed.path_of(2)).scalars.at(1).value, 7);
  EXPECT_EQ(resumed.kept(keep, 5, CheckpointStore::Trust::sizes),
            (std::map<std::int64_t, std::string>{{5, "newest"}, {2, "lowest oracle"}}));
  KeepOptions highest = keep;
  highest.best->of = Extreme::highest;
  EXPECT_EQ(resumed.kept(highest, 5, CheckpointStore::Trust::sizes).at(5), "newest, highest oracle");
}

TEST_F(KeptCheckpoints, ADamagedOneIsNotTheBest) {
  const KeepOptions keep{.newest = 1, .best = BestOptions{.scalar = "loss", .of = Extreme::lowest}};
  for (const int step : {1, 2, 3}) {
    CheckpointInfo info = info_of(step);
    info.scalars = {{"loss", static_cast<double>(step)}};
    store_.save(info, state_of(step), {.newest = 9});
  }
  damage(1);
  CheckpointStore resumed(folder_.path());
  resumed.save(info_of(4), state_of(4), keep);
  EXPECT_THAT(resumed.steps(), ElementsAre(4, 2));
}

TEST_F(KeptCheckpoints, StepsSortAsNumbers) {
  for (const std::int64_t step : {99'999'999L, 100'000'000L, 1'000'000'001L}) save(step, /*keep=*/2);
  EXPECT_THAT(store_.steps(), ElementsAre(1'000'000'001, 100'000'000));
  EXPECT_EQ(usable_step(), 1'000'000'001);
}

TEST_F(KeptCheckpoints, NewerDamagedOnesDoNotPushTheNewOneOut) {
  for (const int step : {100, 200, 300, 400}) save(step, 4);
  for (const int step : {200, 300, 400}) damage(step);
  CheckpointStore resumed(folder_.path());
  resumed.save(info_of(150), state_of(150), {.newest = 1});
  EXPECT_EQ(usable_step(), 150);
  EXPECT_THAT(store_.steps(), ElementsAre(400, 300, 200, 150));
}

TEST_F(KeptCheckpoints, OlderDamagedOnesDoNotCount) {
  for (const int step : {100, 200, 300}) save(step);
  damage(200);
  damage(300);
  CheckpointStore resumed(folder_.path());
  resumed.save(info_of(400), state_of(400), {.newest = 2});
  damage(400);
  EXPECT_EQ(usable_step(), 100);
}

TEST_F(KeptCheckpoints, ForeignFoldersAreLeftAlone) {
  for (const int step : {100, 200}) save(step);
  for (const char* name : {"step_best", "step_00000900_copy", "step_7", "notes", "step_00000900.set-aside"})
    fs::copy(store_.path_of(100), folder_ / name, fs::copy_options::recursive);
  save(300, 1);
  EXPECT_EQ(usable_step(), 300);
  EXPECT_THAT(store_.steps(), ElementsAre(300));
  for (const char* name : {"step_best", "step_00000900_copy", "step_7", "notes", "step_00000900.set-aside"})
    EXPECT_TRUE(fs::exists(folder_ / name)) << name;
}

}  // namespace
}  // namespace ganymede
