// Each part of the adversarial family on any number of ranks, against the same training on rank 0 alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/procedures/adversarial/parts.hpp"
#include "tests/procedures/adversarial/rank_comparison.hpp"

namespace ganymede {
namespace {

RankTraining train_part(const AdversarialOptions& options, at::ScalarType dtype, Communicator& communicator) {
  const auto gan =
      make_gan(options, {.seed = kComparisonSeed, .sources = {kPartSpec}, .compute = dtype}, communicator);
  const PlaceRange places =
      places_of_rank(kPartBatchSize, communicator.rank(), communicator.size(), options.packing);
  return train_on_ranks(
      *gan, kComparisonSteps,
      [&](std::int64_t step) { return part_batches(kComparisonSeed, step, options, places, dtype); },
      communicator);
}

class PartEquivalence : public testing::TestWithParam<std::string> {
 protected:
  void compare_with_one_rank(at::ScalarType dtype, double relative, double absolute,
                             Communicator& communicator) {
    const AdversarialOptions options = part_options(GetParam());
    const RankTraining ours = train_part(options, dtype, communicator);
    expect_equal_replicas(ours.checksum);
    const at::Tensor alone = losses_of_one_rank(
        kComparisonSteps, [&](Communicator& one) { return train_part(options, dtype, one); });
    // Wasserstein losses pass through zero.
    const at::Tensor excess = (ours.losses - alone).abs() - (alone.abs() * relative + absolute);
    EXPECT_LE(excess.max().item<double>(), 0) << "on " << world().size() << " ranks";
  }
};

// Once over messages, where every rank has weights of its own to compare, once over shared memory.
//
// In a convolutional network now and then a LeakyReLU's input is so near 0 that another order of summation
// puts it on the other side: that is rounding too, and the double precision run shows that it is nothing
// else.
TEST_P(PartEquivalence, InSinglePrecision) {
  const bool convolutional = GetParam().ends_with("_dcgan");
  compare_with_one_rank(at::kFloat, convolutional ? 1e-2 : 1e-3, convolutional ? 1e-3 : 1e-5,
                        over_messages());
}
TEST_P(PartEquivalence, InDoublePrecision) {
  compare_with_one_rank(at::kDouble, 1e-9, 1e-11, world());
}

INSTANTIATE_TEST_SUITE_P(Parts, PartEquivalence, testing::ValuesIn(part_names()),
                         [](const auto& part) { return part.param; });

}  // namespace
}  // namespace ganymede
