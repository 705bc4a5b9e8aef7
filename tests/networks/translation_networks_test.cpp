#include "networks/translation_networks.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "distributed/lone_communicator.hpp"
#include "networks/instance_normalization.hpp"

namespace ganymede {
namespace {

// In torch's operations; 77 pixels are no multiple of the lanes of our sums.
TEST(InstanceNormalization, IsTorchsAndItsGradient) {
  for (const double slope : {1.0, 0.0, 0.2})
    for (const std::int64_t width : {16, 11}) {
      const at::Tensor images = (at::randn({3, 2, 7, width}, at::kDouble) * 3 + 5).requires_grad_();
      const at::Tensor ours = instance_normalization(images, slope);
      const at::Tensor torchs =
          at::leaky_relu(at::instance_norm(images, {}, {}, {}, {}, true, 0.1, 1e-5, false), slope);
      EXPECT_TRUE(at::allclose(ours, torchs, 1e-12, 1e-12));
      const auto gradient = [&](const at::Tensor& output) {
        return torch::autograd::grad({output.sin().sum()}, {images})[0];
      };
      EXPECT_TRUE(at::allclose(gradient(ours), gradient(torchs), 1e-10, 1e-12));
      const at::NoGradGuard no_grad;
      EXPECT_TRUE(at::equal(instance_normalization(images, slope), ours));
    }
}

TEST(InstanceNormalization, OfOneRowDoesNotDependOnTheOthers) {
  const at::Tensor images = at::randn({5, 3, 8, 8});
  EXPECT_TRUE(
      at::equal(instance_normalization(images)[3], instance_normalization(images.narrow(0, 3, 1))[0]));
}

class TranslationNetworks : public testing::Test {
 protected:
  NetworkSetting setting(const ImageShape& shape) {
    return {.shape = shape, .seed = 1, .communicator = communicator_};
  }
  static std::int64_t count(const Network& network) {
    std::int64_t parameters = 0;
    for (const at::Tensor& parameter : network.parameters()) parameters += parameter.numel();
    return parameters;
  }
  LoneCommunicator communicator_;
};

TEST_F(TranslationNetworks, AreThePapers) {
  constexpr ImageShape photo{.channels = 3, .height = 256, .width = 256};
  const auto generator = make_translator(ResnetGeneratorOptions{.width = 64, .residual_blocks = 9}, false, 3,
                                         setting(photo), at::kFloat);
  // 11.378 million of the authors' code, less the biases that instance normalisation takes away.
  EXPECT_EQ(count(*generator), 11'378'179 - (64 + 128 + 256 + 18 * 256 + 128 + 64));
  const auto judge = make_patch_judge(PatchDiscriminatorOptions{.width = 64, .layers = 3}, false,
                                      setting(photo), at::kFloat);
  EXPECT_EQ(count(*judge), 2'764'737 - (128 + 256 + 512));
  const at::NoGradGuard no_grad;
  EXPECT_EQ(judge->forward(at::randn({1, 3, 256, 256}), {}).sizes(), (at::IntArrayRef{1, 1, 30, 30}));
}

TEST_F(TranslationNetworks, GoFromGreyToColourAndBack) {
  constexpr ImageShape grey{.channels = 1, .height = 16, .width = 12},
      colour{.channels = 3, .height = 16, .width = 12};
  for (const auto& [from, to] : {std::pair{grey, colour}, std::pair{colour, grey}}) {
    const auto generator = make_translator(ResnetGeneratorOptions{.width = 4, .residual_blocks = 1}, false,
                                           from.channels, setting(to), at::kFloat);
    const at::Tensor images = generator->forward(at::randn({2, from.channels, 16, 12}), {});
    EXPECT_EQ(images.sizes(), (at::IntArrayRef{2, to.channels, 16, 12}));
    EXPECT_LE(images.abs().max().item<float>(), 1);
    const auto judge =
        make_patch_judge(PatchDiscriminatorOptions{.width = 4, .layers = 2}, true, setting(to), at::kFloat);
    EXPECT_EQ(judge->forward(images, {}).sizes(), (at::IntArrayRef{2, 1, 2, 1}));
  }
}

}  // namespace
}  // namespace ganymede
