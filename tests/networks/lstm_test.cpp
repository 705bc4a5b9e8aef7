// The LSTM against at::lstm, which is PyTorch's.
#include "networks/lstm.hpp"

#include <ATen/ops/lstm.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

// A vocabulary of fewer words than a batch has tokens, and of more.
class LstmLayer : public testing::TestWithParam<std::int64_t> {};

TEST_P(LstmLayer, ComputesWhatPyTorchDoesWithTheSameGradients) {
  torch::manual_seed(1);
  constexpr std::int64_t kLength = 6, kRows = 5, kEmbedding = 3, kHidden = 4;
  Lstm lstm(GetParam(), kEmbedding, kHidden);
  lstm.to(at::kDouble);
  auto parameters = lstm.named_parameters();
  const at::Tensor embedding = parameters["embedding"];
  {
    const at::NoGradGuard no_grad;
    embedding.normal_();
  }
  const std::vector<at::Tensor> weights = {parameters["input.weight"], parameters["hidden.weight"],
                                           parameters["input.bias"], parameters["hidden.bias"]};
  const at::Tensor tokens = at::randint(GetParam(), {kLength, kRows}, at::kLong);
  const at::Tensor zeros = at::zeros({1, kRows, kHidden}, at::kDouble);
  const at::Tensor expected =
      std::get<0>(at::lstm(at::embedding(embedding, tokens), {zeros, zeros}, weights, /*has_biases=*/true,
                           /*num_layers=*/1, /*dropout=*/0.0, /*train=*/false, /*bidirectional=*/false,
                           /*batch_first=*/false));
  const at::Tensor found = at::stack(lstm.run(tokens));
  EXPECT_TRUE(at::allclose(found, expected, 1e-12, 1e-14));

  const at::Tensor direction = at::randn_like(expected);
  std::vector<at::Tensor> leaves = weights;
  leaves.push_back(embedding);
  const auto expected_gradients = torch::autograd::grad({expected}, leaves, {direction});
  const auto found_gradients = torch::autograd::grad({found}, leaves, {direction});
  for (std::size_t i = 0; i < leaves.size(); ++i)
    EXPECT_TRUE(at::allclose(found_gradients[i], expected_gradients[i], 1e-10, 1e-12)) << i;

  LstmState state = lstm.start(kRows);
  const at::Tensor gates = lstm.token_gates();
  for (std::int64_t step = 0; step < kLength; ++step) {
    state = lstm.step(gates, tokens[step], state);
    EXPECT_TRUE(at::allclose(state.hidden, expected[step], 1e-12, 1e-14)) << "step by step";
  }
}

INSTANTIATE_TEST_SUITE_P(Vocabularies, LstmLayer, testing::Values(7, 100));

}  // namespace
}  // namespace ganymede
