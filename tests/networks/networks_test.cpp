#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "networks/dropout.hpp"
#include "networks/registry.hpp"
#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

enum class TestNetwork : std::uint8_t { generator = 1, discriminator = 2 };
enum class TestPass : std::uint8_t { real = 1, fake = 2 };

constexpr ImageShape kShape{.channels = 3, .height = 32, .width = 24};

class Networks : public testing::Test {
 protected:
  std::shared_ptr<Network> make(const GeneratorOptions& options, const ImageShape& shape = kShape,
                                std::int64_t condition_size = 0) {
    return make_generator(options, false, setting(shape, condition_size, 1), at::kFloat);
  }
  std::shared_ptr<Network> make(const DiscriminatorOptions& options, const ImageShape& shape = kShape,
                                std::int64_t condition_size = 0, std::uint64_t seed = 1) {
    return make_discriminator(options, false, setting(shape, condition_size, seed), at::kFloat);
  }
  NetworkSetting setting(const ImageShape& shape, std::int64_t condition_size, std::uint64_t seed) {
    return {.shape = shape, .condition_size = condition_size, .seed = seed, .communicator = communicator_};
  }
  static std::int64_t count_parameters(const Network& network) {
    std::int64_t count = 0;
    for (const at::Tensor& parameter : network.parameters()) count += parameter.numel();
    return count;
  }
  LoneCommunicator communicator_;
};

// Sizes by hand from the tutorial's table.
TEST_F(Networks, HaveTheTutorialsNumberOfParameters) {
  constexpr ImageShape mnist{.channels = 1, .height = 28, .width = 28};
  EXPECT_EQ(count_parameters(*make(MlpGeneratorOptions{}, mnist)),
            100 * 256 + 256 + 256 * 512 + 512 + 512 * 784 + 784);
  EXPECT_EQ(count_parameters(*make(MlpDiscriminatorOptions{}, mnist)),
            784 * 512 + 512 + 512 * 256 + 256 + 256 + 1);
  EXPECT_EQ(count_parameters(*make(MlpGeneratorOptions{.hidden_sizes = {256}}, mnist, 10)),
            110 * 256 + 256 + 256 * 784 + 784);
  EXPECT_EQ(count_parameters(*make(DcganGeneratorOptions{}, mnist)),
            100 * 12544 + 2 * 12544 + 25 * 256 * 128 + 2 * 128 + 25 * 128 * 64 + 2 * 64 + 25 * 64);
  EXPECT_EQ(count_parameters(*make(DcganDiscriminatorOptions{}, mnist)),
            25 * 64 + 64 + 25 * 64 * 128 + 128 + 7 * 7 * 128 + 1);
  EXPECT_EQ(count_parameters(*make(MaxoutDiscriminatorOptions{}, {1, 1, 2})),
            3 * 1000 + 2 * 201 * 1000 + 201);  // PacGAN's
}

TEST_F(Networks, MakeAndJudgeImagesOfAnyShapeTheySupport) {
  constexpr ImageShape square{.channels = 3, .height = 32, .width = 32};
  at::Tensor one_hot = at::eye(2);
  for (const std::int64_t classes : {0, 2}) {
    const ForwardContext evaluation{.training = false, .condition = classes ? one_hot : at::Tensor()};
    for (const GeneratorOptions& options :
         {GeneratorOptions(MlpGeneratorOptions{.noise_size = 7}),
          GeneratorOptions(DcganGeneratorOptions{.noise_size = 7}),
          GeneratorOptions(Dcgan32GeneratorOptions{.noise_size = 7, .width = 4})}) {
      const at::Tensor images = make(options, square, classes)->forward(at::randn({2, 7}), evaluation);
      EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, 3, 32, 32}));
      EXPECT_LE(images.abs().max().item<float>(), 1.0F);
    }
    for (const DiscriminatorOptions& options :
         {DiscriminatorOptions(MlpDiscriminatorOptions{}), DiscriminatorOptions(MaxoutDiscriminatorOptions{}),
          DiscriminatorOptions(DcganDiscriminatorOptions{}),
          DiscriminatorOptions(Dcgan32DiscriminatorOptions{}),
          DiscriminatorOptions(
              Dcgan32DiscriminatorOptions{.batch_normalization = BatchStatistics::global})}) {
      const auto network = make(options, square, classes);
      std::vector<at::Tensor> hidden;
      ForwardContext context = evaluation;
      context.hidden = &hidden;
      EXPECT_EQ(network->forward(at::randn({2, 3, 32, 32}), context).sizes(), (at::IntArrayRef{2, 1}));
      EXPECT_EQ(static_cast<std::int64_t>(hidden.size()), network->hidden_layers());
    }
  }
}

TEST_F(Networks, AreConditionalOnWhatTheyAreGiven) {
  const at::Tensor noise = at::randn({1, 100}).expand({2, -1});
  const at::Tensor images =
      make(MlpGeneratorOptions{}, kShape, 2)->forward(noise, {.training = false, .condition = at::eye(2)});
  EXPECT_FALSE(at::allclose(images[0], images[1]));
}

TEST_F(Networks, RefuseSidesThatDoNotSuitThem) {
  expect_error<UserError>([&] { make(DcganGeneratorOptions{}, {.channels = 1, .height = 30, .width = 28}); },
                          {"dcgan_generator", "multiples of 4", "30 x 28"});
  expect_error<UserError>([&] { make(Dcgan32DiscriminatorOptions{}); },
                          {"dcgan32_discriminator", "32 x 32", "32 x 24"});
}

TEST_F(Networks, InitialWeightsAreAFunctionOfTheSeed) {
  const auto weights = [&](std::uint64_t seed) {
    return make(DcganDiscriminatorOptions{}, kShape, 0, seed)->parameters()[0].detach();
  };
  EXPECT_TRUE(at::equal(weights(5), weights(5)));
  EXPECT_FALSE(at::equal(weights(5), weights(6)));
}

TEST_F(Networks, Dcgan32StartsFromNormalWeights) {
  const auto network = make(Dcgan32GeneratorOptions{}, {.channels = 3, .height = 32, .width = 32});
  const at::Tensor weight = network->named_parameters()["dense.weight"];
  EXPECT_NEAR(weight.std().item<double>(), 0.02, 1e-3);
  EXPECT_NEAR(weight.mean().item<double>(), 0, 1e-3);
}

TEST(Dropout, ScalesWhatItKeepsAndZeroesTheRest) {
  ForwardContext context{.training = true, .seed = {.seed = 1, .step = 4}};
  context.segments = {{TestPass::real, 0, 1000}};
  const at::Tensor output = dropout(at::ones({1000, 100}), 0.3, TestNetwork::discriminator, 0, context);
  const at::Tensor kept = output.ne(0);
  EXPECT_TRUE(at::allclose(output, kept.to(at::kFloat) / 0.7));
  EXPECT_NEAR(kept.to(at::kDouble).mean().item<double>(), 0.7, 5 * std::sqrt(0.21 / 1e5));
}

TEST(Dropout, MasksBelongToPlacesAndPassesNotToRanks) {
  const at::Tensor ones = at::ones({12, 30});
  const auto run = [&](std::int64_t rows, std::vector<Segment> segments) {
    ForwardContext context{.training = true, .seed = {.seed = 9, .step = 2}};
    context.segments = std::move(segments);
    return dropout(ones.narrow(0, 0, rows), 0.5, TestNetwork::discriminator, 1, context);
  };
  const at::Tensor real = run(6, {{TestPass::real, 0, 6}}), fake = run(6, {{TestPass::fake, 0, 6}});
  EXPECT_FALSE(at::equal(real, fake));
  EXPECT_TRUE(at::equal(run(12, {{TestPass::real, 0, 6}, {TestPass::fake, 0, 6}}), at::cat({real, fake})));
  EXPECT_TRUE(at::equal(run(2, {{TestPass::real, 4, 2}}), real.narrow(0, 4, 2)));
}

// Gradients and those of gradients as autograd has them of the two by themselves.
TEST(Dropout, AfterALeakyReluIsOnePassOfBoth) {
  ForwardContext context{.training = true, .seed = {.seed = 1, .step = 4}};
  context.segments = {{TestPass::real, 0, 6}, {TestPass::fake, 2, 4}};
  for (const bool training : {true, false}) {
    context.training = training;
    const at::Tensor numbers = at::randn({10, 3, 4, 4}, at::kDouble), weights = at::randn_like(numbers);
    numbers[0].zero_();
    const auto derive = [&](const auto& function) {
      const at::Tensor input = numbers.clone().requires_grad_();
      const at::Tensor output = function(input * input - 1);
      const at::Tensor gradient = torch::autograd::grad({output}, {input}, {weights}, /*retain_graph=*/true,
                                                        /*create_graph=*/true)[0];
      const at::Tensor penalty = torch::autograd::grad({gradient.square().sum()}, {input})[0];
      return std::vector<at::Tensor>{output, gradient, penalty,
                                     torch::autograd::grad({function(input).sum()}, {input})[0]};
    };
    const auto found = derive([&](const at::Tensor& x) {
      return leaky_relu_dropout(x, 0.3, 0.4, TestNetwork::discriminator, 1, context);
    });
    const auto expected = derive([&](const at::Tensor& x) {
      return dropout(at::leaky_relu(x, 0.3), 0.4, TestNetwork::discriminator, 1, context);
    });
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_TRUE(at::equal(found[i], expected[i])) << i;
  }
}

TEST(Dropout, IsTheIdentityOutsideTraining) {
  const at::Tensor input = at::randn({3, 4});
  EXPECT_TRUE(at::equal(dropout(input, 0.9, TestNetwork::discriminator, 0, {.training = false}), input));
}

}  // namespace
}  // namespace ganymede
