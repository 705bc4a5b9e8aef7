#include "networks/batch_normalization.hpp"

#include <ATen/ops/batch_norm_update_stats.h>
#include <ATen/ops/native_batch_norm.h>
#include <ATen/ops/native_batch_norm_backward.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "distributed/gradient_exchange.hpp"
#include "distributed/tree_sum.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// An autograd node keeps values of its own kinds; this brings a communicator among them. It outlives the
// node.
struct HeldCommunicator : torch::CustomClassHolder {
  explicit HeldCommunicator(Communicator& held) : communicator(held) {}
  Communicator& communicator;
};

struct Statistics {
  at::Tensor mean, variance;  // [channels], biased variance, in the input's dtype
  at::Tensor count;           // values a channel, over all ranks: a float64 number
};

// Shape that broadcasts [channels] against the input.
at::Tensor broadcastable(const at::Tensor& per_channel, const at::Tensor& input) {
  std::vector<std::int64_t> shape(input.dim(), 1);
  shape[1] = per_channel.size(0);
  return per_channel.view(shape);
}

// Local moments in the input's dtype, combined over ranks in double: count, count x mean and
// count x (variance + mean^2) are sums.
Statistics global_statistics(const at::Tensor& input, Communicator& communicator) {
  const std::int64_t channels = input.size(1);
  const auto count = static_cast<double>(input.numel() / channels);
  ensure(count > 0, "every rank brings rows to batch normalisation");
  // Seven times as fast as var_mean.
  auto [mean, variance] = at::batch_norm_update_stats(input, {}, {}, /*momentum=*/0);
  mean = mean.to(at::kDouble);
  const at::Tensor sums = at::cat(
      {mean * count, (variance.to(at::kDouble) + mean * mean) * count, at::full({1}, count, mean.options())});
  communicator.gradients().all_reduce_sum_(sums);
  const at::Tensor global_count = sums[2 * channels];
  const at::Tensor global_mean = sums.narrow(0, 0, channels) / global_count;
  const at::Tensor global_variance =
      (sums.narrow(0, channels, channels) / global_count - global_mean * global_mean).clamp_min(0);
  return {global_mean.to(input.scalar_type()), global_variance.to(input.scalar_type()), global_count};
}

// native_batch_norm with training=false computes the element-wise part, and its backward the sums over this
// rank's rows; only the all-reduced terms are added here.
struct NormalizeGlobally : torch::autograd::Function<NormalizeGlobally> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const Statistics& statistics, double epsilon,
                            Communicator* communicator) {
    context->save_for_backward({input, weight, statistics.mean, statistics.variance, statistics.count});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["communicator"] =
        c10::IValue::make_capsule(c10::make_intrusive<HeldCommunicator>(*communicator));
    return std::get<0>(at::native_batch_norm(input, weight, bias, statistics.mean, statistics.variance,
                                             /*training=*/false, /*momentum=*/0.0, epsilon));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3],
                     &count = saved[4];
    const double epsilon = context->saved_data["epsilon"].toDouble();
    const auto held =
        c10::static_intrusive_pointer_cast<HeldCommunicator>(context->saved_data["communicator"].toCapsule());

    auto [input_gradient, weight_gradient, bias_gradient] =
        at::native_batch_norm_backward(gradients[0].contiguous(), input, weight, mean, variance, {}, {},
                                       /*train=*/false, epsilon, {true, true, true});
    // d loss / d input gains - weight / (s count) (sum(dy) + xhat sum(dy xhat)), s = sqrt(variance +
    // epsilon).
    const std::int64_t channels = mean.size(0);
    const at::Tensor sums = at::cat({bias_gradient, weight_gradient}).to(at::kDouble);
    held->communicator.gradients().all_reduce_sum_(sums);
    const at::Tensor inverse = (variance.to(at::kDouble) + epsilon).rsqrt();
    const at::Tensor scale = weight.to(at::kDouble) * inverse / count;
    const at::Tensor slope = scale * inverse * sums.narrow(0, channels, channels);
    const at::Tensor offset = slope * mean - scale * sums.narrow(0, 0, channels);
    input_gradient.addcmul_(input, broadcastable(slope.to(input.scalar_type()), input), -1)
        .add_(broadcastable(offset.to(input.scalar_type()), input));
    return {input_gradient, weight_gradient, bias_gradient, {}, {}, {}};
  }
};

}  // namespace

BatchNormalization::BatchNormalization(std::int64_t channels, BatchNormalizationOptions options,
                                       Communicator& communicator)
    : options_(options), communicator_(communicator) {
  weight_ = register_parameter("weight", at::ones({channels}));
  bias_ = register_parameter("bias", at::zeros({channels}));
  running_mean_ = register_buffer("running_mean", at::zeros({channels}));
  running_variance_ = register_buffer("running_var", at::ones({channels}));
}

at::Tensor BatchNormalization::forward(const at::Tensor& input, bool training) {
  if (!training)
    return std::get<0>(at::native_batch_norm(input, weight_, bias_, running_mean_, running_variance_,
                                             /*training=*/false, /*momentum=*/0.0, options_.epsilon));
  if (options_.statistics == BatchStatistics::local)
    return at::batch_norm(input, weight_, bias_, running_mean_, running_variance_, /*training=*/true,
                          options_.momentum, options_.epsilon, /*cudnn_enabled=*/false);
  if (options_.statistics == BatchStatistics::replica) return forward_of_replica(input);
  Statistics statistics;
  {
    at::NoGradGuard no_grad;
    statistics = global_statistics(input, communicator_);
    const at::Tensor unbiased = statistics.count / (statistics.count - 1);
    running_mean_.lerp_(statistics.mean, options_.momentum);
    running_variance_.lerp_(statistics.variance * unbiased, options_.momentum);
  }
  return NormalizeGlobally::apply(input, weight_, bias_, statistics, options_.epsilon, &communicator_);
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
