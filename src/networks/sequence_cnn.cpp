#include "networks/sequence_cnn.hpp"

#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "base/error.hpp"
#include "networks/dropout.hpp"
#include "networks/initialization.hpp"
#include "networks/linear.hpp"

namespace ganymede {
namespace {

// Stretches of `width` words, [rows, length, features] to [rows x (length - width + 1), width x features].
class Stretches : public torch::autograd::Function<Stretches> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& words,
                            std::int64_t width) {
    const std::int64_t rows = words.size(0), length = words.size(1), features = words.size(2);
    context->saved_data["width"] = width;
    context->saved_data["sizes"] = words.sizes().vec();
    return words.as_strided({rows, length - width + 1, width * features}, {length * features, features, 1})
        .reshape({rows * (length - width + 1), width * features});
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const std::int64_t width = context->saved_data["width"].toInt();
    const std::vector<std::int64_t> sizes = context->saved_data["sizes"].toIntVector();
    const std::int64_t places = sizes[1] - width + 1;
    const at::Tensor of_stretches = gradients[0].view({sizes[0], places, width, sizes[2]});
    at::Tensor sum = at::zeros(sizes, gradients[0].options());
    for (std::int64_t word = 0; word < width; ++word)
      sum.narrow(1, word, places).add_(of_stretches.select(2, word));
    return {sum, at::Tensor()};
  }
};

class CnnDiscriminator final : public SequenceDiscriminator {
 public:
  CnnDiscriminator(const CnnDiscriminatorOptions& options, const SequenceSetting& setting)
      : options_(options),
        id_(setting.id),
        embedding_(register_parameter("embedding", at::empty({setting.vocabulary, options.embedding_size}))) {
    std::int64_t features = 0;
    for (std::size_t i = 0; i < options.filter_widths.size(); ++i) {
      const std::int64_t width = options.filter_widths[i], filters = options.filters[i];
      filters_.push_back(register_module(fmt::format("filter{}", i + 1),
                                         torch::nn::Linear(width * options.embedding_size, filters)));
      features += filters;
    }
    gate_ = register_module("gate", torch::nn::Linear(features, features));
    transform_ = register_module("transform", torch::nn::Linear(features, features));
    output_ = register_module("output", torch::nn::Linear(features, 1));
  }

  // As the authors' program: filters from N(0, 0.1) cut at two deviations, whose deviation is 0.088; the
  // highway layer by Glorot; the logit as the difference of two.
  void initialize(std::uint64_t seed) {
    constexpr double kDeviation = 0.088, kFilterBias = 0.1;
    initialize_normal(*this, kDeviation, seed, id_);
    const at::NoGradGuard no_grad;
    initialize_uniform(embedding_, 1, seed, id_, /*index=*/0);
    for (const auto& filter : filters_) filter->bias.fill_(kFilterBias);
    const double bound = std::sqrt(3 / static_cast<double>(output_->weight.size(1)));
    const std::size_t first = 1 + 2 * filters_.size();  // of the highway layer's parameters
    initialize_uniform(gate_->weight, bound, seed, id_, first);
    initialize_uniform(transform_->weight, bound, seed, id_, first + 2);
    output_->weight.mul_(std::sqrt(2.0));
  }

  at::Tensor forward(const at::Tensor& tokens, const ForwardContext& context) override {
    const std::int64_t rows = tokens.size(0);
    const at::Tensor words = at::embedding(embedding_, tokens);
    std::vector<at::Tensor> strongest;
    for (std::size_t i = 0; i < filters_.size(); ++i) {
      const at::Tensor found =
          linear(filters_[i], Stretches::apply(words, options_.filter_widths[i]), /*slope_below_zero=*/0);
      strongest.push_back(std::get<0>(found.view({rows, -1, options_.filters[i]}).max(1)));
    }
    const at::Tensor features = at::cat(strongest, 1);
    const at::Tensor gate = linear(gate_, features).sigmoid();
    const at::Tensor carried =
        features + gate * (linear(transform_, features, /*slope_below_zero=*/0) - features);
    return linear(output_, dropout(carried, options_.dropout, id_, /*layer=*/0, context));
  }

  at::Tensor penalty() const override {
    return options_.output_penalty / 2 * (output_->weight.square().sum() + output_->bias.square().sum());
  }

  RolloutLogits rollout_logits(const at::Tensor& tokens, const at::Tensor& rollouts) override {
    const at::NoGradGuard no_grad;
    constexpr std::int64_t kTogether = 512;  // of which the features stay in the processor's cache
    std::vector<at::Tensor> logits;
    for (const at::Tensor& some : rollouts.flatten(0, 2).split(kTogether))
      logits.push_back(forward(some, {}));
    return {forward(tokens, {}).view(-1),
            at::cat(logits).view({rollouts.size(0), rollouts.size(1), rollouts.size(2)})};
  }

 private:
  const CnnDiscriminatorOptions options_;
  const StreamCode id_;
  at::Tensor embedding_;
  std::vector<torch::nn::Linear> filters_;
  torch::nn::Linear gate_{nullptr}, transform_{nullptr}, output_{nullptr};
};

}  // namespace

std::shared_ptr<SequenceDiscriminator> make_cnn_discriminator(const CnnDiscriminatorOptions& options,
                                                              const SequenceSetting& setting) {
  for (const std::int64_t width : options.filter_widths)
    require(width <= setting.length,
            "sequence.discriminator.network.cnn.filter_widths has {}, but the dataset's sequences have {} "
            "tokens; "
            "expected widths up to that",
            width, setting.length);
  auto network = std::make_shared<CnnDiscriminator>(options, setting);
  move_to(*network, setting.compute);
  network->initialize(setting.seed);
  return network;
}

}  // namespace ganymede
