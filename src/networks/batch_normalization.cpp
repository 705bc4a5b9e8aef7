#include "networks/batch_normalization.hpp"

#include <ATen/ops/native_batch_norm.h>

#include "base/error.hpp"
#include "distributed/tree_sum.hpp"
#include "networks/global_normalization.hpp"

namespace ganymede {

BatchNormalization::BatchNormalization(std::int64_t channels, BatchNormalizationOptions options,
                                       Communicator& communicator)
    : options_(options), communicator_(communicator) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
  running_mean_ = register_buffer("running_mean", at::zeros({channels}));
  running_variance_ = register_buffer("running_var", at::ones({channels}));
}

at::Tensor BatchNormalization::forward(const at::Tensor& input, bool training, double slope_below_zero) {
  if (training && options_.statistics == BatchStatistics::global)
    return normalize_globally(input, weight_, bias_,
                              {.mean = running_mean_,
                               .variance = running_variance_,
                               .momentum = options_.momentum,
                               .epsilon = options_.epsilon},
                              slope_below_zero, communicator_);
  return activated(normalize(input, training), slope_below_zero);
}

at::Tensor BatchNormalization::normalize(const at::Tensor& input, bool training) {
  if (training && options_.statistics == BatchStatistics::replica) return forward_of_replica(input);
  if (training)
    return at::batch_norm(input, weight_, bias_, running_mean_, running_variance_, /*training=*/true,
                          options_.momentum, options_.epsilon, /*cudnn_enabled=*/false);
  return std::get<0>(at::native_batch_norm(input, weight_, bias_, running_mean_, running_variance_,
                                           /*training=*/false, /*momentum=*/0.0, options_.epsilon));
}

at::Tensor BatchNormalization::forward_of_replica(const at::Tensor& input) {
  // Momentum 1 leaves the statistics of this pass in place of running ones.
  const at::Tensor mean = at::zeros_like(running_mean_), variance = at::zeros_like(running_variance_);
  at::Tensor output = at::batch_norm(input, weight_, bias_, mean, variance, /*training=*/true,
                                     /*momentum=*/1.0, options_.epsilon, /*cudnn_enabled=*/false);
  unsettled_.push_back(at::cat({mean, variance}));
  return output;
}

void BatchNormalization::settle(std::int64_t replicas_of_rank, Communicator& communicator) {
  at::NoGradGuard no_grad;
  const std::size_t replicas = static_cast<std::size_t>(replicas_of_rank),
                    passes = unsettled_.size() / replicas;
  ensure(unsettled_.size() % replicas == 0, "every replica makes the same passes");
  for (std::size_t pass = 0; pass < passes; ++pass) {
    std::vector<at::Tensor> of_replica;
    for (std::size_t replica = 0; replica < replicas; ++replica)
      of_replica.push_back(unsettled_[replica * passes + pass]);
    const at::Tensor average = at::empty_like(of_replica.front());
    tree_sum_into(average, of_replica);
    tree_sum_into(average, communicator.all_gather(average).unbind());
    average.div_(static_cast<double>(replicas_of_rank * communicator.size()));
    const std::vector<at::Tensor> halves = average.chunk(2);
    running_mean_.lerp_(halves[0], options_.momentum);
    running_variance_.lerp_(halves[1], options_.momentum);
  }
  unsettled_.clear();
}

void settle_running_statistics(torch::nn::Module& module, std::int64_t replicas_of_rank,
                               Communicator& communicator) {
  for (const auto& part : module.modules())
    if (auto* normalization = dynamic_cast<BatchNormalization*>(part.get()))
      normalization->settle(replicas_of_rank, communicator);
}

void average_running_statistics(torch::nn::Module& module, Communicator& communicator) {
  for (const auto& part : module.modules()) {
    const auto* normalization = dynamic_cast<const BatchNormalization*>(part.get());
    if (!normalization || normalization->options().statistics != BatchStatistics::local) continue;
    for (const at::Tensor& buffer : normalization->buffers()) {
      communicator.all_reduce_sum_(buffer);
      buffer.div_(communicator.size());
    }
  }
}

bool has_local_statistics(const torch::nn::Module& module) {
  const auto parts = module.modules();
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) {
    const auto* normalization = dynamic_cast<const BatchNormalization*>(part.get());
    return normalization && normalization->options().statistics == BatchStatistics::local;
  });
}

std::vector<std::pair<std::string, at::Tensor>> running_statistics(const torch::nn::Module& module) {
  std::vector<std::pair<std::string, at::Tensor>> statistics;
  for (const auto& part : module.named_modules("", /*include_self=*/false))
    if (dynamic_cast<const BatchNormalization*>(part.value().get()))
      for (const auto& buffer : part.value()->named_buffers(/*recurse=*/false))
        statistics.emplace_back(fmt::format("{}.{}", part.key(), buffer.key()), buffer.value());
  return statistics;
}

bool mixes_rows(const torch::nn::Module& module) {
  const auto parts = module.modules();
  return std::any_of(parts.begin(), parts.end(), [](const auto& part) {
    return dynamic_cast<const BatchNormalization*>(part.get()) != nullptr;
  });
}

}  // namespace ganymede
