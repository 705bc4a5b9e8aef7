#include "networks/sequence_networks.hpp"

#include "networks/initialization.hpp"
#include "networks/linear.hpp"
#include "networks/sequence_cnn.hpp"

namespace ganymede {
namespace {

class LstmGenerator final : public SequenceGenerator {
 public:
  LstmGenerator(const LstmGeneratorOptions& options, std::int64_t vocabulary)
      : lstm_(register_module(
            "lstm", std::make_shared<Lstm>(vocabulary, options.embedding_size, options.hidden_size))),
        output_(register_module("output", torch::nn::Linear(options.hidden_size, vocabulary))) {}

  at::Tensor forward(const at::Tensor& tokens, const ForwardContext&) override {
    const std::int64_t rows = tokens.size(0), length = tokens.size(1);
    const at::Tensor before =
        at::cat({at::zeros({1, rows}, tokens.options()), tokens.t().narrow(0, 0, length - 1)});
    return linear(output_, at::cat(lstm_->run(before))).view({length, rows, -1});
  }

  Writing begin(std::int64_t rows) const override { return {lstm_->token_gates(), lstm_->start(rows)}; }
  at::Tensor next_logits(const at::Tensor& previous, Writing& writing) const override {
    writing.state = lstm_->step(writing.token_gates, previous, writing.state);
    return linear(output_, writing.state.hidden);
  }

 private:
  std::shared_ptr<Lstm> lstm_;
  torch::nn::Linear output_;
};

class LstmDiscriminator final : public SequenceDiscriminator {
 public:
  LstmDiscriminator(const LstmDiscriminatorOptions& options, std::int64_t vocabulary)
      : lstm_(register_module(
            "lstm", std::make_shared<Lstm>(vocabulary, options.embedding_size, options.hidden_size))),
        output_(register_module("output", torch::nn::Linear(options.hidden_size, 1))) {}

  at::Tensor forward(const at::Tensor& tokens, const ForwardContext&) override {
    return linear(output_, lstm_->run(tokens.t().contiguous()).back());
  }

  // Each prefix is read once: its rollouts go on from its state, as sample_with_rollouts makes them.
  RolloutLogits rollout_logits(const at::Tensor& tokens, const at::Tensor& rollouts) override {
    const at::NoGradGuard no_grad;
    const std::int64_t rows = tokens.size(0), length = tokens.size(1), count = rollouts.size(1);
    const at::Tensor gates = lstm_->token_gates();
    LstmState state = lstm_->start(rows);
    for (std::int64_t place = 0; place < length; ++place) {
      const at::Tensor under_way = rollouts.narrow(0, 0, place).select(3, place).flatten();
      state = lstm_->step(gates, at::cat({tokens.select(1, place), under_way}), state);
      if (place + 1 < length) state = state.branched(rows, count);
    }
    const at::Tensor logits = linear(output_, state.hidden).view(-1);
    return {logits.narrow(0, 0, rows),
            logits.narrow(0, rows, logits.size(0) - rows).view({length - 1, count, rows})};
  }

 private:
  std::shared_ptr<Lstm> lstm_;
  torch::nn::Linear output_;
};

template <typename Made, typename Options>
std::shared_ptr<Made> make_lstm(const Options& options, const SequenceSetting& setting) {
  auto network = std::make_shared<Made>(options, setting.vocabulary);
  move_to(*network, setting.compute);
  initialize_sequence_network(*network, options.hidden_size, setting.seed, setting.id);
  return network;
}

}  // namespace

std::shared_ptr<SequenceGenerator> make_sequence_generator(const SequenceGeneratorOptions& options,
                                                           const SequenceSetting& setting) {
  const auto& lstm = std::get<LstmGeneratorOptions>(options);
  auto network = make_lstm<LstmGenerator>(lstm, setting);
  if (lstm.initial_deviation) {
    initialize_normal_everywhere(*network, *lstm.initial_deviation, setting.seed, setting.id);
    // The published cell has one bias; here two stand for it.
    const at::NoGradGuard no_grad;
    network->named_parameters()["lstm.hidden.bias"].zero_();
  }
  return network;
}

std::shared_ptr<SequenceDiscriminator> make_sequence_discriminator(
    const SequenceDiscriminatorOptions& options, const SequenceSetting& setting) {
  if (const auto* cnn = std::get_if<CnnDiscriminatorOptions>(&options))
    return make_cnn_discriminator(*cnn, setting);
  return make_lstm<LstmDiscriminator>(std::get<LstmDiscriminatorOptions>(options), setting);
}

}  // namespace ganymede
