// The discriminator of convolutions against at::conv1d and its maxima.
#include "networks/sequence_cnn.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kCnnWords = 9, kCnnLength = 6;

CnnDiscriminatorOptions small_cnn() {
  return {.embedding_size = 4,
          .filter_widths = {1, 3, 6},
          .filters = {5, 3, 2},
          .dropout = 0.5,
          .output_penalty = 0.2};
}

std::shared_ptr<SequenceDiscriminator> make_small_cnn(const CnnDiscriminatorOptions& options = small_cnn()) {
  return make_cnn_discriminator(
      options, {.vocabulary = kCnnWords, .length = kCnnLength, .seed = 5, .compute = at::kDouble});
}

// With the network's own weights, by other operations.
at::Tensor expected_logits(const SequenceDiscriminator& network, const at::Tensor& tokens) {
  const auto weights = network.named_parameters();
  const at::Tensor words = at::embedding(weights["embedding"], tokens);  // [rows, length, features]
  std::vector<at::Tensor> strongest;
  for (const int width : {1, 3, 6}) {
    const std::string name = "filter" + std::to_string(width == 1 ? 1 : width == 3 ? 2 : 3);
    const at::Tensor kernel = weights[name + ".weight"].view({-1, width, 4}).transpose(1, 2);
    strongest.push_back(at::conv1d(words.transpose(1, 2), kernel, weights[name + ".bias"]).relu().amax(2));
  }
  const at::Tensor features = at::cat(strongest, 1);
  const auto layer = [&](const std::string& name, const at::Tensor& input) {
    return at::linear(input, weights[name + ".weight"], weights[name + ".bias"]);
  };
  const at::Tensor gate = layer("gate", features).sigmoid();
  return layer("output", gate * layer("transform", features).relu() + (1 - gate) * features);
}

TEST(SequenceCnn, ComputesConvolutionsMaximaAndAHighway) {
  torch::manual_seed(1);
  const auto network = make_small_cnn();
  const at::Tensor tokens = at::randint(kCnnWords, {7, kCnnLength}, at::kLong);
  const at::Tensor found = network->forward(tokens, {}), expected = expected_logits(*network, tokens);
  EXPECT_TRUE(at::allclose(found, expected, 1e-12, 1e-14));
  const std::vector<at::Tensor> leaves = network->parameters();
  const at::Tensor direction = at::randn_like(expected);
  const auto found_gradients = torch::autograd::grad({found}, leaves, {direction});
  const auto expected_gradients = torch::autograd::grad({expected}, leaves, {direction});
  for (std::size_t i = 0; i < leaves.size(); ++i)
    EXPECT_TRUE(at::allclose(found_gradients[i], expected_gradients[i], 1e-10, 1e-12)) << i;
}

TEST(SequenceCnn, JudgesRolloutsAsSequences) {
  torch::manual_seed(2);
  const at::NoGradGuard no_grad;
  const auto network = make_small_cnn();
  const at::Tensor tokens = at::randint(kCnnWords, {3, kCnnLength}, at::kLong);
  const at::Tensor rollouts = at::randint(kCnnWords, {kCnnLength - 1, 2, 3, kCnnLength}, at::kLong);
  const auto logits = network->rollout_logits(tokens, rollouts);
  EXPECT_TRUE(at::allclose(logits.of_tokens, network->forward(tokens, {}).view(-1), 1e-12, 1e-14));
  EXPECT_TRUE(at::allclose(logits.of_rollouts[4][1][2],
                           network->forward(rollouts[4][1].narrow(0, 2, 1), {})[0][0], 1e-12, 1e-14));
}

TEST(SequenceCnn, PenaltyIsHalfTheSquaredNormOfTheLastLayer) {
  const auto network = make_small_cnn();
  const auto weights = network->named_parameters();
  const at::Tensor squares = weights["output.weight"].square().sum() + weights["output.bias"].square().sum();
  EXPECT_NEAR(network->penalty().item<double>(), 0.1 * squares.item<double>(), 1e-14);
}

TEST(SequenceCnn, WidthsBeyondTheSequenceAreRefused) {
  CnnDiscriminatorOptions options = small_cnn();
  options.filter_widths[2] = kCnnLength + 1;
  expect_error<UserError>([&] { make_small_cnn(options); }, {"filter_widths has 7", "have 6 tokens"});
}

}  // namespace
}  // namespace ganymede
