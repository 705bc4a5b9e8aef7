#include "networks/global_normalization.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "distributed/gradient_exchange.hpp"

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

c10::IValue hold(Communicator& communicator) {
  return c10::IValue::make_capsule(c10::make_intrusive<HeldCommunicator>(communicator));
}
GradientExchange& held_exchange(AutogradContext& context) {
  return c10::static_intrusive_pointer_cast<HeldCommunicator>(context.saved_data["communicator"].toCapsule())
      ->communicator.gradients();
}

// native_batch_norm with training=false computes the element-wise part, and its backward the sums over this
// rank's rows; only the all-reduced terms are added here.
struct NormalizeGlobally : torch::autograd::Function<NormalizeGlobally> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const Statistics& statistics, double epsilon,
                            Communicator* communicator) {
    context->save_for_backward({input, weight, statistics.mean, statistics.variance, statistics.count});
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["communicator"] = hold(*communicator);
    return std::get<0>(at::native_batch_norm(input, weight, bias, statistics.mean, statistics.variance,
                                             /*training=*/false, /*momentum=*/0.0, epsilon));
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &variance = saved[3],
                     &count = saved[4];
    const double epsilon = context->saved_data["epsilon"].toDouble();

    auto [input_gradient, weight_gradient, bias_gradient] =
        at::native_batch_norm_backward(gradients[0].contiguous(), input, weight, mean, variance, {}, {},
                                       /*train=*/false, epsilon, {true, true, true});
    // d loss / d input gains - weight / (s count) (sum(dy) + xhat sum(dy xhat)), s = sqrt(variance +
    // epsilon).
    const std::int64_t channels = mean.size(0);
    const at::Tensor sums = at::cat({bias_gradient, weight_gradient}).to(at::kDouble);
    held_exchange(*context).all_reduce_sum_(sums);
    const at::Tensor inverse = (variance.to(at::kDouble) + epsilon).rsqrt();
    const at::Tensor scale = weight.to(at::kDouble) * inverse / count;
    const at::Tensor slope = scale * inverse * sums.narrow(0, channels, channels);
    const at::Tensor offset = slope * mean - scale * sums.narrow(0, 0, channels);
    input_gradient.addcmul_(input, broadcastable(slope.to(input.scalar_type()), input), -1)
        .add_(broadcastable(offset.to(input.scalar_type()), input));
    return {input_gradient, weight_gradient, bias_gradient, {}, {}, {}};
  }
};

// On GPUs, by the operations that LibTorch has for it.
struct NormalizeGloballyOnGpus : torch::autograd::Function<NormalizeGloballyOnGpus> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const RunningStatistics& running,
                            Communicator* communicator) {
    const std::int64_t channels = input.size(1);
    const auto [own_mean, own_inverse] = at::batch_norm_stats(input, running.epsilon);
    const auto count = static_cast<double>(input.numel() / channels);
    const at::Tensor of_ranks = communicator->gradients().all_gather(
        at::cat({own_mean, own_inverse, at::full({1}, count, own_mean.options())}));
    const at::Tensor counts = of_ranks.select(1, 2 * channels).contiguous();
    const auto [mean, inverse] = at::batch_norm_gather_stats_with_counts(
        input, of_ranks.narrow(1, 0, channels).contiguous(),
        of_ranks.narrow(1, channels, channels).contiguous(), running.mean, running.variance, running.momentum,
        running.epsilon, counts);
    context->save_for_backward({input, weight, mean, inverse, counts.to(at::kInt)});
    context->saved_data["communicator"] = hold(*communicator);
    return at::batch_norm_elemt(input, weight, bias, mean, inverse, running.epsilon);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3],
                     &counts = saved[4];
    const at::Tensor gradient = gradients[0].contiguous(input.suggest_memory_format());
    auto [sum, product, weight_gradient, bias_gradient] =
        at::batch_norm_backward_reduce(gradient, input, mean, inverse, weight, /*input_g=*/true,
                                       /*weight_g=*/true, /*bias_g=*/true);
    const at::Tensor sums = at::cat({sum, product});
    held_exchange(*context).all_reduce_sum_(sums);
    const std::vector<at::Tensor> of_all = sums.chunk(2);
    at::Tensor input_gradient =
        at::batch_norm_backward_elemt(gradient, input, mean, inverse, weight, of_all[0], of_all[1], counts);
    return {input_gradient, weight_gradient, bias_gradient, {}, {}};
  }
};

}  // namespace

at::Tensor normalize_globally(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                              const RunningStatistics& running, Communicator& communicator) {
  ensure(input.numel() > 0, "every rank brings rows to batch normalisation");
  if (input.is_cuda() && communicator.size() == 1)  // its own statistics are those of all
    return at::batch_norm(input, weight, bias, running.mean, running.variance, /*training=*/true,
                          running.momentum, running.epsilon, /*cudnn_enabled=*/false);
  if (input.is_cuda())
    return NormalizeGloballyOnGpus::apply(input.contiguous(input.suggest_memory_format()), weight, bias,
                                          running, &communicator);
  Statistics statistics;
  {
    const at::NoGradGuard no_grad;
    statistics = global_statistics(input, communicator);
    const at::Tensor unbiased = statistics.count / (statistics.count - 1);
    running.mean.lerp_(statistics.mean, running.momentum);
    running.variance.lerp_(statistics.variance * unbiased, running.momentum);
  }
  return NormalizeGlobally::apply(input, weight, bias, statistics, running.epsilon, &communicator);
}

}  // namespace ganymede
