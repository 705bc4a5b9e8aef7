#include "networks/spectral_normalization.hpp"

#include <ATen/ops/linalg_svdvals.h>
#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include "distributed/lone_communicator.hpp"
#include "networks/registry.hpp"

namespace ganymede {
namespace {

constexpr ImageShape kNormalizedShape{.channels = 1, .height = 8, .width = 8};

class SpectralNormalizationTest : public testing::Test {
 protected:
  std::shared_ptr<Network> make(bool normalized, std::vector<std::int64_t> hidden_sizes) {
    return make_discriminator(MlpDiscriminatorOptions{.hidden_sizes = std::move(hidden_sizes)}, normalized,
                              {.shape = kNormalizedShape, .seed = 3, .communicator = communicator_},
                              at::kDouble);
  }
  LoneCommunicator communicator_;
};

// After many iterations the network computes with W / sigma(W): a network of one layer is linear, so its
// output is that of the plain one divided by the largest singular value.
TEST_F(SpectralNormalizationTest, DividesByTheLargestSingularValue) {
  const auto plain = make(false, {}), normalized = make(true, {});
  const at::Tensor images = at::randn({5, 1, 8, 8}, at::kDouble);
  const at::Tensor weight = plain->parameters()[0].detach(), bias = plain->parameters()[1].detach();
  for (int i = 0; i < 50; ++i) normalized->begin_update();
  const at::Tensor expected = images.flatten(1).mm(weight.t()) / at::linalg_svdvals(weight)[0] + bias;
  EXPECT_TRUE(at::allclose(normalized->forward(images, {.training = true}), expected, 1e-9, 1e-12));
}

TEST_F(SpectralNormalizationTest, KeepsOneVectorALayerAndLeavesTheParametersAlone) {
  const auto plain = make(false, {6, 5}), normalized = make(true, {6, 5});
  const at::Tensor before = normalized->buffers()[1].clone();
  EXPECT_EQ(normalized->buffers().size(), 3U);
  normalized->forward(at::randn({5, 1, 8, 8}, at::kDouble), {.training = true});
  EXPECT_TRUE(at::equal(normalized->buffers()[1], before)) << "only begin_update iterates";
  normalized->begin_update();
  EXPECT_FALSE(at::equal(normalized->buffers()[1], before));
  for (std::size_t i = 0; i < plain->parameters().size(); ++i)
    EXPECT_TRUE(at::equal(plain->parameters()[i], normalized->parameters()[i]));
}

TEST_F(SpectralNormalizationTest, AFailedForwardPassLeavesTheWeightsTheirOwn) {
  const auto network = make(true, {6});
  EXPECT_THROW(network->forward(at::randn({5, 1, 3, 3}, at::kDouble), {.training = true}), std::exception);
  for (const auto& module : network->modules())
    if (const auto* layer = dynamic_cast<const torch::nn::LinearImpl*>(module.get())) {
      EXPECT_TRUE(layer->weight.is_leaf()) << "still a weight divided by its singular value";
    }
}

// The slope of a scaled weight is zero in the direction of the weight itself: W / sigma(W) does not change.
TEST_F(SpectralNormalizationTest, TheGradientFlowsThroughTheSingularValue) {
  const auto network = make(true, {});
  for (int i = 0; i < 50; ++i) network->begin_update();
  network->forward(at::ones({1, 1, 8, 8}, at::kDouble), {.training = true}).sum().backward();
  const at::Tensor weight = network->parameters()[0];
  EXPECT_GT(weight.grad().norm().item<double>(), 1e-3);
  EXPECT_NEAR((weight.grad() * weight).sum().item<double>(), 0, 1e-9);
}

}  // namespace
}  // namespace ganymede
