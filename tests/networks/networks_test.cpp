#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"
#include "networks/dropout.hpp"
#include "networks/registry.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

constexpr ImageShape kShape{.channels = 3, .height = 32, .width = 24};

template <typename Options>
std::int64_t count_parameters(const Options& options, const ImageShape& shape) {
  std::int64_t count = 0;
  run_loopback_ranks(1, [&](Communicator& communicator) {
    const auto network = [&] {
      if constexpr (std::is_constructible_v<GeneratorOptions, Options>)
        return make_generator(options, shape, 1, at::kFloat, communicator);
      else
        return make_discriminator(options, shape, 1, at::kFloat);
    }();
    for (const at::Tensor& parameter : network->parameters()) count += parameter.numel();
  });
  return count;
}

// Sizes by hand from the tutorial's table.
TEST(Networks, HaveTheTutorialsNumberOfParameters) {
  constexpr ImageShape mnist{.channels = 1, .height = 28, .width = 28};
  EXPECT_EQ(count_parameters(MlpGeneratorOptions{}, mnist),
            100 * 256 + 256 + 256 * 512 + 512 + 512 * 784 + 784);
  EXPECT_EQ(count_parameters(MlpDiscriminatorOptions{}, mnist), 784 * 512 + 512 + 512 * 256 + 256 + 256 + 1);
  EXPECT_EQ(count_parameters(DcganGeneratorOptions{}, mnist),
            100 * 12544 + 2 * 12544 + 25 * 256 * 128 + 2 * 128 + 25 * 128 * 64 + 2 * 64 + 25 * 64);
  EXPECT_EQ(count_parameters(DcganDiscriminatorOptions{}, mnist),
            25 * 64 + 64 + 25 * 64 * 128 + 128 + 7 * 7 * 128 + 1);
}

TEST(Networks, MakeAndJudgeImagesOfAnyShapeTheySupport) {
  run_loopback_ranks(1, [](Communicator& communicator) {
    const ForwardContext evaluation{.training = false};
    for (const GeneratorOptions& options : {GeneratorOptions(MlpGeneratorOptions{.noise_size = 7}),
                                            GeneratorOptions(DcganGeneratorOptions{.noise_size = 7})}) {
      const auto generator = make_generator(options, kShape, 1, at::kFloat, communicator);
      const at::Tensor images = generator->forward(at::randn({2, 7}), evaluation);
      EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, 3, 32, 24}));
      EXPECT_LE(images.abs().max().item<float>(), 1.0F);
    }
    for (const DiscriminatorOptions& options :
         {DiscriminatorOptions(MlpDiscriminatorOptions{}), DiscriminatorOptions(DcganDiscriminatorOptions{})})
      EXPECT_EQ(make_discriminator(options, kShape, 1, at::kFloat)
                    ->forward(at::randn({2, 3, 32, 24}), evaluation)
                    .sizes(),
                (at::IntArrayRef{2, 1}));
  });
}

TEST(Networks, DcganRefusesSidesThatAreNoMultiplesOfFour) {
  run_loopback_ranks(1, [](Communicator& communicator) {
    expect_error<UserError>(
        [&] {
          make_generator(DcganGeneratorOptions{}, {.channels = 1, .height = 30, .width = 28}, 1, at::kFloat,
                         communicator);
        },
        {"dcgan_generator", "multiples of 4", "30 x 28"});
  });
}

TEST(Networks, InitialWeightsAreAFunctionOfTheSeed) {
  const auto weights = [](std::uint64_t seed) {
    return make_discriminator(DcganDiscriminatorOptions{}, kShape, seed, at::kFloat)
        ->parameters()[0]
        .detach();
  };
  EXPECT_TRUE(at::equal(weights(5), weights(5)));
  EXPECT_FALSE(at::equal(weights(5), weights(6)));
}

TEST(Dropout, ScalesWhatItKeepsAndZeroesTheRest) {
  const ForwardContext context{.training = true, .seed = 1, .step = 4, .segments = {{Pass::real, 0, 1000}}};
  const at::Tensor output = dropout(at::ones({1000, 100}), 0.3, NetworkId::discriminator, 0, context);
  const at::Tensor kept = output.ne(0);
  EXPECT_TRUE(at::allclose(output, kept.to(at::kFloat) / 0.7));
  EXPECT_NEAR(kept.to(at::kDouble).mean().item<double>(), 0.7, 5 * std::sqrt(0.21 / 1e5));
}

TEST(Dropout, MasksBelongToPlacesAndPassesNotToRanks) {
  const at::Tensor ones = at::ones({12, 30});
  const auto run = [&](std::int64_t rows, std::vector<Segment> segments) {
    return dropout(ones.narrow(0, 0, rows), 0.5, NetworkId::discriminator, 1,
                   {.training = true, .seed = 9, .step = 2, .segments = std::move(segments)});
  };
  const at::Tensor real = run(6, {{Pass::real, 0, 6}}), fake = run(6, {{Pass::fake, 0, 6}});
  EXPECT_FALSE(at::equal(real, fake));
  EXPECT_TRUE(at::equal(run(12, {{Pass::real, 0, 6}, {Pass::fake, 0, 6}}), at::cat({real, fake})));
  EXPECT_TRUE(at::equal(run(2, {{Pass::real, 4, 2}}), real.narrow(0, 4, 2)));
}

TEST(Dropout, IsTheIdentityOutsideTraining) {
  const at::Tensor input = at::randn({3, 4});
  EXPECT_TRUE(at::equal(dropout(input, 0.9, NetworkId::discriminator, 0, {.training = false}), input));
}

}  // namespace
}  // namespace ganymede
