#include "networks/batch_normalization.hpp"

#include <ATen/ops/batch_norm.h>
#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"

namespace ganymede {
namespace {

constexpr BatchNormalizationOptions kOptions{.epsilon = 1e-3, .momentum = 0.01};

struct Result {
  at::Tensor output, input_gradient, weight_gradient, bias_gradient, running_mean, running_variance;
};

// One training forward and backward on some rows. The loss weighs every output differently.
Result run(const at::Tensor& rows, const at::Tensor& loss_weights, double slope, Communicator& communicator) {
  BatchNormalization module(rows.size(1), kOptions, communicator);
  module.to(at::kDouble);
  at::Tensor weight = module.named_parameters()["weight"], bias = module.named_parameters()["bias"];
  {
    at::NoGradGuard no_grad;
    weight.copy_(at::arange(1, rows.size(1) + 1));
    bias.fill_(0.25);
  }
  const at::Tensor input = rows.clone().requires_grad_();
  const at::Tensor output = module.forward(input, /*training=*/true, slope);
  (output * loss_weights).sum().backward();
  return {output.detach(),
          input.grad(),
          weight.grad(),
          bias.grad(),
          module.named_buffers()["running_mean"],
          module.named_buffers()["running_var"]};
}

void expect_close(const at::Tensor& found, const at::Tensor& expected, const char* what) {
  EXPECT_TRUE(at::allclose(found, expected, 1e-11, 1e-11))
      << what << " differs by " << (found - expected).abs().max();
}

// The whole batch through PyTorch's own batch normalisation.
Result run_pytorch(const at::Tensor& rows, const at::Tensor& loss_weights, double slope) {
  const std::int64_t channels = rows.size(1);
  const at::Tensor weight = at::arange(1, channels + 1, at::kDouble).requires_grad_();
  const at::Tensor bias = at::full({channels}, 0.25, at::kDouble).requires_grad_();
  at::Tensor mean = at::zeros({channels}, at::kDouble), variance = at::ones({channels}, at::kDouble);
  const at::Tensor input = rows.clone().requires_grad_();
  const at::Tensor output = at::leaky_relu(
      at::batch_norm(input, weight, bias, mean, variance, true, kOptions.momentum, kOptions.epsilon, false),
      slope);
  (output * loss_weights).sum().backward();
  return {output.detach(), input.grad(), weight.grad(), bias.grad(), mean, variance};
}

void compare_with_pytorch(const std::vector<std::int64_t>& shape, double slope) {
  at::manual_seed(1);
  const at::Tensor rows = at::randn(shape, at::kDouble) * 3 + 100;  // a mean far from 0 shows cancellation
  const at::Tensor loss_weights = at::randn(shape, at::kDouble);
  const Result expected = run_pytorch(rows, loss_weights, slope);
  for (int size = 1; size <= 4; ++size) {
    std::vector<Result> results(size);
    const auto shares = [&](const at::Tensor& whole) {
      return whole.tensor_split(size);
    };  // uneven where needed
    run_loopback_ranks(size, [&](Communicator& communicator) {
      const int rank = communicator.rank();
      results[rank] = run(shares(rows)[rank], shares(loss_weights)[rank], slope, communicator);
    });
    std::vector<at::Tensor> outputs, input_gradients;
    at::Tensor weight_gradient = at::zeros_like(expected.weight_gradient),
               bias_gradient = weight_gradient.clone();
    for (const Result& result : results) {
      outputs.push_back(result.output);
      input_gradients.push_back(result.input_gradient);
      weight_gradient += result.weight_gradient;
      bias_gradient += result.bias_gradient;
      expect_close(result.running_mean, expected.running_mean, "running mean");
      expect_close(result.running_variance, expected.running_variance, "running variance");
    }
    SCOPED_TRACE(size);
    expect_close(at::cat(outputs), expected.output, "output");
    expect_close(at::cat(input_gradients), expected.input_gradient, "input gradient");
    expect_close(weight_gradient, expected.weight_gradient, "weight gradient");
    expect_close(bias_gradient, expected.bias_gradient, "bias gradient");
  }
}

TEST(BatchNormalization, OfFeatureVectorsEqualsPytorchOnAnyNumberOfRanks) {
  for (const double slope : {1.0, 0.3, 0.0}) compare_with_pytorch({11, 5}, slope);
}
TEST(BatchNormalization, OfFeatureMapsEqualsPytorchOnAnyNumberOfRanks) {
  for (const double slope : {1.0, 0.3, 0.0}) compare_with_pytorch({7, 3, 4, 5}, slope);
}

TEST(BatchNormalization, UsesTheRunningStatisticsOutsideTraining) {
  run_loopback_ranks(1, [](Communicator& communicator) {
    BatchNormalization module(2, {.epsilon = 0.0, .momentum = 1.0}, communicator);
    const at::Tensor rows = at::tensor({1.0F, 10.0F, 3.0F, 30.0F}).view({2, 2});
    module.forward(rows, true);  // mean 2 and 20, unbiased variance 2 and 200
    const at::Tensor output = module.forward(at::tensor({2.0F, 34.142136F}).view({1, 2}), false);
    EXPECT_NEAR(output[0][0].item<double>(), 0.0, 1e-6);
    EXPECT_NEAR(output[0][1].item<double>(), 1.0, 1e-6);
  });
}

// Momentum 1: the running statistics are those of the last batch. Rank r sees r and r + 2.
TEST(BatchNormalization, OfEachRanksOwnRowsHasItsRunningStatisticsAveraged) {
  run_loopback_ranks(3, [](Communicator& communicator) {
    const auto network = std::make_shared<torch::nn::Module>();
    const auto of = [&](const char* name, BatchStatistics statistics) {
      return network->register_module(
          name, std::make_shared<BatchNormalization>(
                    1, BatchNormalizationOptions{.statistics = statistics, .momentum = 1.0}, communicator));
    };
    const auto local = of("local", BatchStatistics::local), global = of("global", BatchStatistics::global);
    const auto rank = static_cast<float>(communicator.rank());
    const at::Tensor rows = at::tensor({rank, rank + 2}).view({2, 1});
    EXPECT_NEAR(local->forward(rows, true)[1].item<double>(), 1.0, 1e-4);  // not seen by the other ranks
    global->forward(rows, true);
    const auto mean = [](const auto& module) {
      return module->named_buffers()["running_mean"].template item<double>();
    };
    EXPECT_EQ(mean(local), communicator.rank() + 1);
    for (int call = 0; call < 2; ++call) {  // a second call changes nothing
      average_running_statistics(*network, communicator);
      EXPECT_NEAR(mean(local), 2, 1e-6);
      EXPECT_NEAR(local->named_buffers()["running_var"].item<double>(), 2, 1e-6);
      EXPECT_NEAR(mean(global), 2, 1e-6);
    }
  });
}

// Four replicas on one, two and four ranks: each is normalised by its own rows, as PyTorch does it, and the
// running statistics move once by the average of theirs, with the same bits everywhere.
TEST(BatchNormalization, OfEachReplicaIsPytorchsAndItsRunningStatisticsAreTheAverage) {
  constexpr std::int64_t kReplicas = 4, kRows = 6, kChannels = 3;
  const at::Tensor rows = at::randn({kReplicas * kRows, kChannels, 2}, at::kDouble);
  at::Tensor mean = at::zeros({kChannels}, at::kDouble), variance = at::ones({kChannels}, at::kDouble);
  const auto replica = [&](std::int64_t number) { return rows.narrow(0, number * kRows, kRows); };
  at::Tensor mean_of_replicas = at::zeros_like(mean), variance_of_replicas = at::zeros_like(variance);
  for (std::int64_t number = 0; number < kReplicas; ++number) {
    mean_of_replicas += replica(number).mean(at::IntArrayRef{0, 2}) / kReplicas;
    variance_of_replicas += replica(number).var(at::IntArrayRef{0, 2}, /*unbiased=*/true) / kReplicas;
  }
  mean.lerp_(mean_of_replicas, kOptions.momentum);
  variance.lerp_(variance_of_replicas, kOptions.momentum);

  std::vector<at::Tensor> running_means(5);  // [ranks], of rank 0
  for (const int ranks : {1, 2, 4})
    run_loopback_ranks(ranks, [&](Communicator& communicator) {
      BatchNormalizationOptions options = kOptions;
      options.statistics = BatchStatistics::replica;
      const auto module = std::make_shared<BatchNormalization>(kChannels, options, communicator);
      module->to(at::kDouble);
      const std::int64_t of_rank = kReplicas / ranks;
      for (std::int64_t k = 0; k < of_rank; ++k) {
        const at::Tensor input = replica(communicator.rank() * of_rank + k);
        const at::Tensor expected = at::batch_norm(
            input, at::ones({kChannels}, at::kDouble), at::zeros({kChannels}, at::kDouble), {}, {},
            /*training=*/true, kOptions.momentum, kOptions.epsilon, /*cudnn_enabled=*/false);
        expect_close(module->forward(input, /*training=*/true), expected, "output");
      }
      settle_running_statistics(*module, of_rank, communicator);
      expect_close(module->named_buffers()["running_mean"], mean, "running mean");
      expect_close(module->named_buffers()["running_var"], variance, "running variance");
      if (communicator.rank() == 0) running_means[ranks] = module->named_buffers()["running_mean"];
    });
  EXPECT_TRUE(at::equal(running_means[1], running_means[2]));
  EXPECT_TRUE(at::equal(running_means[1], running_means[4]));
}

}  // namespace
}  // namespace ganymede
