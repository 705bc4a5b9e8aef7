#include "networks/global_normalization.hpp"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "base/error.hpp"
#include "distributed/gradient_exchange.hpp"
#include "kernels/channel_normalization.hpp"

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

// Local moments in the input's dtype, combined over ranks in double: count, count x mean and
// count x (variance + mean^2) are sums.
Statistics global_statistics(const at::Tensor& input, Communicator& communicator) {
  const std::int64_t channels = input.size(1);
  const auto count = static_cast<double>(input.numel() / channels);
  const ChannelMoments moments = channel_moments(input);
  const at::Tensor mean = moments.mean.to(at::kDouble), variance = moments.variance.to(at::kDouble);
  const at::Tensor sums =
      at::cat({mean * count, (variance + mean * mean) * count, at::full({1}, count, mean.options())});
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

struct NormalizeGlobally : torch::autograd::Function<NormalizeGlobally> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const at::Tensor& weight,
                            const at::Tensor& bias, const Statistics& statistics, double epsilon,
                            double slope_below_zero, Communicator* communicator) {
    const at::Tensor inverse = (statistics.variance.to(at::kDouble) + epsilon).rsqrt();
    const at::Tensor factor = (weight * inverse).to(input.scalar_type());
    const at::Tensor addend = (bias.to(at::kDouble) - statistics.mean * factor).to(input.scalar_type());
    context->save_for_backward({input, weight, statistics.mean, inverse, statistics.count, factor, addend});
    context->saved_data["slope"] = slope_below_zero;
    context->saved_data["communicator"] = hold(*communicator);
    return scale_channels(input, {factor, addend, slope_below_zero});
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], &weight = saved[1], &mean = saved[2], &inverse = saved[3],
                     &count = saved[4];
    const ChannelScale scale{saved[5], saved[6], context->saved_data["slope"].toDouble()};
    const at::Tensor gradient = gradients[0].contiguous();
    const ChannelSums own = channel_sums(gradient, input, mean, scale);
    const at::Tensor weight_gradient = (own.product * inverse).to(weight.scalar_type());
    // With dy before the activation, d loss / d input is weight / s (dy - (sum(dy) + xhat sum(dy xhat)) /
    // count), s = sqrt(variance + epsilon), with the sums of all ranks.
    const at::Tensor sums = at::cat({own.gradient, weight_gradient}).to(at::kDouble);
    held_exchange(*context).all_reduce_sum_(sums);
    const std::vector<at::Tensor> of_all = sums.chunk(2);
    const at::Tensor share = weight * inverse / count, slope = share * inverse * of_all[1],
                     offset = share * of_all[0] - slope * mean;
    return {scale_channels_backward(gradient, input, scale, slope.to(input.scalar_type()),
                                    offset.to(input.scalar_type())),
            weight_gradient,
            own.gradient,
            {},
            {},
            {},
            {}};
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

at::Tensor activated(const at::Tensor& values, double slope_below_zero) {
  if (slope_below_zero == 1) return values;
  return slope_below_zero == 0 ? at::relu(values) : at::leaky_relu(values, slope_below_zero);
}

at::Tensor normalize_globally(const at::Tensor& input, const at::Tensor& weight, const at::Tensor& bias,
                              const RunningStatistics& running, double slope_below_zero,
                              Communicator& communicator) {
  ensure(input.numel() > 0, "every rank brings rows to batch normalisation");
  if (input.is_cuda() && communicator.size() == 1)  // its own statistics are those of all
    return activated(at::batch_norm(input, weight, bias, running.mean, running.variance, /*training=*/true,
                                    running.momentum, running.epsilon, /*cudnn_enabled=*/false),
                     slope_below_zero);
  if (input.is_cuda())
    return activated(NormalizeGloballyOnGpus::apply(input.contiguous(input.suggest_memory_format()), weight,
                                                    bias, running, &communicator),
                     slope_below_zero);
  const at::Tensor rows = input.contiguous();
  Statistics statistics;
  {
    const at::NoGradGuard no_grad;
    statistics = global_statistics(rows, communicator);
    const at::Tensor unbiased = statistics.count / (statistics.count - 1);
    running.mean.lerp_(statistics.mean, running.momentum);
    running.variance.lerp_(statistics.variance * unbiased, running.momentum);
  }
  return NormalizeGlobally::apply(rows, weight, bias, statistics, running.epsilon, slope_below_zero,
                                  &communicator);
}

}  // namespace ganymede
