// Resume is exact for each part of the adversarial family: two steps, a snapshot, and two more in a new GAN
// end where four steps end, bit for bit.
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "tests/gans/parts.hpp"
#include "training/training_state.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kResumeSeed = 5;

class PartResume : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Gan> make() {
    return make_adversarial_gan(part_options(GetParam()),
                                {.seed = kResumeSeed, .shape = kPartShape, .classes = kPartClasses},
                                communicator_);
  }
  static void train(Gan& gan, int first, int last) {
    for (int step = first; step < last; ++step)
      gan.step(part_batches(kResumeSeed, step, gan.batches_per_step(), {0, kPartBatchSize}, at::kFloat));
  }
  LoneCommunicator communicator_;
};

TEST_P(PartResume, IsExact) {
  const auto straight = make(), first = make(), second = make();
  train(*straight, 0, 4);
  train(*first, 0, 2);
  const TrainingState snapshot = take_snapshot(first->players());
  train(*second, 0, 1);  // other state than the checkpoint's
  restore_state(snapshot, second->players(), "the snapshot");
  train(*second, 2, 4);
  EXPECT_EQ(checksum_state(second->players()), checksum_state(straight->players()));
  EXPECT_TRUE(at::equal(second->sample({.count = 5}).images, straight->sample({.count = 5}).images));
}

INSTANTIATE_TEST_SUITE_P(Parts, PartResume, testing::ValuesIn(part_names()),
                         [](const auto& part) { return part.param; });

}  // namespace
}  // namespace ganymede
