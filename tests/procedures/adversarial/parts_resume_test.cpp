// Resume is exact for each part of the adversarial family: two steps, a snapshot, and two more in a new GAN
// end where four steps end, bit for bit.
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "procedures/training_state.hpp"
#include "tests/procedures/adversarial/parts.hpp"
#include "tests/procedures/attempts.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kResumeSeed = 5;

class PartResume : public testing::TestWithParam<std::string> {
 protected:
  std::unique_ptr<Procedure> make() {
    return make_gan(options_, {.seed = kResumeSeed, .sources = {kPartSpec}}, communicator_);
  }
  void train(Procedure& gan, int first, int last) const {
    for (int step = first; step < last; ++step)
      take_losses(gan, step, part_batches(kResumeSeed, step, options_, {0, kPartBatchSize}, at::kFloat));
  }
  const AdversarialOptions options_ = part_options(GetParam());
  LoneCommunicator communicator_;
};

TEST_P(PartResume, IsExact) {
  const auto straight = make(), first = make(), second = make();
  train(*straight, 0, 4);
  train(*first, 0, 2);
  const TrainingState snapshot = take_snapshot(*first);
  train(*second, 0, 1);  // other state than the checkpoint's
  restore_state(snapshot, *second, "the snapshot");
  train(*second, 2, 4);
  EXPECT_EQ(checksum_state(*second), checksum_state(*straight));
  EXPECT_TRUE(at::equal(second->sample({.count = 5}).values, straight->sample({.count = 5}).values));
}

INSTANTIATE_TEST_SUITE_P(Parts, PartResume, testing::ValuesIn(part_names()),
                         [](const auto& part) { return part.param; });

TEST(Attempt, IsOfGeneratorDiscriminatorAndEncoder) {
  const AdversarialOptions options = part_options("text_everything");
  LoneCommunicator communicator;
  expect_attempts_to_differ(
      [&] { return make_gan(options, {.seed = kResumeSeed, .sources = {kPartSpec}}, communicator); },
      [&](Procedure& gan) {
        for (int step = 0; step < 2; ++step)
          take_losses(gan, step, part_batches(kResumeSeed, step, options, {0, kPartBatchSize}, at::kFloat));
      });
}

}  // namespace
}  // namespace ganymede
