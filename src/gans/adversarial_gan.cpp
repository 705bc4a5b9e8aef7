#include "gans/adversarial_gan.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "base/error.hpp"
#include "gans/judge.hpp"
#include "gans/trained_network.hpp"
#include "networks/batch_normalization.hpp"
#include "objectives/feature_matching.hpp"

namespace ganymede {
namespace {

ImageShape packed(ImageShape shape, std::int64_t packing) {
  shape.channels *= packing;
  return shape;
}

class AdversarialGan final : public Gan {
 public:
  AdversarialGan(const AdversarialGanOptions& options, const GanSetting& setting, Communicator& communicator)
      : options_(options),
        setting_(setting),
        classes_(options.condition == Conditioning::labels ? setting.classes : 0),
        communicator_(communicator),
        generator_(make_generator(options.generator.network, options.generator.update.spectral_norm,
                                  {.shape = setting.shape,
                                   .condition_size = classes_,
                                   .seed = setting.seed,
                                   .communicator = communicator},
                                  setting.dtype),
                   options.generator.update, communicator),
        discriminator_(
            make_discriminator(options.discriminator.network, options.discriminator.update.spectral_norm,
                               {.shape = packed(setting.shape, options.packing),
                                .condition_size = classes_ * options.packing,
                                .seed = setting.seed,
                                .communicator = communicator},
                               setting.dtype),
            options.discriminator.update, communicator),
        judge_(*discriminator_.network, {.packing = options.packing, .classes = classes_}) {
    if (options.ema) generator_.average.emplace(generator_.arena, *options.ema);
    if (options.feature_matching && options.feature_matching->layer)
      require(*options.feature_matching->layer <= discriminator_.network->hidden_layers(),
              "gan.feature_matching.layer is {}; the discriminator has hidden layers 1 to {}",
              *options.feature_matching->layer, discriminator_.network->hidden_layers());
  }

  std::int64_t batches_per_step() const override { return options_.critic_steps; }

  StepReport step(const std::vector<Batch>& batches) override {
    ensure(static_cast<std::int64_t>(batches.size()) == batches_per_step(), "a step gets all its batches");
    switch (options_.update) {
      case Update::alternating:
        return step_alternating(batches);
      case Update::simultaneous:
        return step_simultaneous(batches.front());
    }
    throw Error("unknown update");
  }

  Samples sample(const SampleRequest& request) override {
    const at::NoGradGuard no_grad;
    std::optional<Substituted> averaged;
    if (generator_.average) averaged.emplace(generator_.arena, generator_.average->values());
    const RandomStream stream(setting_.seed, {.purpose = Purpose::sample, .network = NetworkId::generator},
                              /*step=*/0);
    Samples samples{.images = {}, .labels = sample_labels(request)};
    samples.images = generator_.network->forward(
        draw_noise(stream, request.first_place, request.count),
        ForwardContext{.training = false,
                       .condition = one_hot_labels(samples.labels, classes_, setting_.dtype)});
    return samples;
  }

  void average_running_statistics() override {
    for (const auto* trained : {&generator_, &discriminator_})
      ganymede::average_running_statistics(*trained->network, communicator_);
  }

  std::vector<Player> players() override {
    return {generator_.as_player("generator"), discriminator_.as_player("discriminator")};
  }

  const PhaseTimes& phase_times() const override { return times_; }

 private:
  // The discriminator critic_steps times, then the generator against the updated discriminator, on the noise
  // of the last round.
  StepReport step_alternating(const std::vector<Batch>& batches) {
    at::Tensor fake, discriminator_loss;
    std::optional<Round> round;
    for (const Batch& batch : batches) {
      round.emplace(begin_round(batch));
      const bool last = &batch == &batches.back();
      if (last) generator_.network->begin_update();
      {
        const at::AutoGradMode with_gradient(last);
        fake = generate(*round);
      }
      discriminator_loss = update_discriminator(*round, fake.detach());
    }
    return {update_generator(*round, fake), discriminator_loss};
  }

  at::Tensor update_discriminator(const Round& round, const at::Tensor& fake) {
    discriminator_.network->begin_update();
    auto pending = discriminator_.averager.begin();
    at::Tensor loss;
    {
      const ScopedPhase forward(times_.discriminator_forward, communicator_);
      const auto [real_logits, fake_logits] = judge_.both_logits(round, fake);
      loss = discriminator_loss_sum(options_.loss, real_logits, fake_logits);
      if (options_.penalty) loss = loss + judge_.penalty(*options_.penalty, round, fake);
    }
    {
      const ScopedPhase backward(times_.discriminator_backward, communicator_);
      mean_over_samples(loss, round).backward();
    }
    pending.finish();
    finish_discriminator_update(round);
    return sum_over_samples(loss);
  }

  at::Tensor update_generator(const Round& round, const at::Tensor& fake) {
    const Frozen frozen(discriminator_.arena);
    auto pending = generator_.averager.begin();
    std::vector<at::Tensor> fake_features, real_features;
    at::Tensor loss;
    {
      const ScopedPhase forward(times_.discriminator_forward, communicator_);
      const at::Tensor logits =
          judge_.logits(fake, round.fake_labels, round, Pass::judged, feature_place(fake_features));
      loss = generator_loss_sum(options_.loss, logits);
      if (options_.feature_matching) {
        {
          const at::NoGradGuard no_grad;
          judge_.logits(round.batch.images, round.batch.labels, round, Pass::matched, &real_features);
        }
        loss = loss + match_features(round, fake_features, real_features);
      }
    }
    {
      const ScopedBackwardThroughBoth backward(times_, communicator_, fake);
      mean_over_samples(loss, round).backward();
    }
    pending.finish();
    update_generator_weights(round);
    return sum_over_samples(loss);
  }

  // Two tapes on one forward pass: each backward pass is restricted to its own network's parameters.
  StepReport step_simultaneous(const Batch& batch) {
    const Round round = begin_round(batch);
    generator_.network->begin_update();
    discriminator_.network->begin_update();
    const at::Tensor fake = generate(round);
    std::vector<at::Tensor> fake_features, real_features;
    at::Tensor discriminator_loss, generator_loss;
    {
      const ScopedPhase forward(times_.discriminator_forward, communicator_);
      const at::Tensor real_logits =
          judge_.logits(batch.images, batch.labels, round, Pass::real, feature_place(real_features));
      const at::Tensor fake_logits =
          judge_.logits(fake, round.fake_labels, round, Pass::fake, feature_place(fake_features));
      discriminator_loss = discriminator_loss_sum(options_.loss, real_logits, fake_logits);
      if (options_.penalty)
        discriminator_loss = discriminator_loss + judge_.penalty(*options_.penalty, round, fake.detach());
      generator_loss = generator_loss_sum(options_.loss, fake_logits);
      if (options_.feature_matching)
        generator_loss = generator_loss + match_features(round, fake_features, real_features);
    }

    auto pending_discriminator = discriminator_.averager.begin();
    auto pending_generator = generator_.averager.begin();
    {
      const ScopedPhase backward(times_.discriminator_backward, communicator_);
      backward_into(discriminator_, mean_over_samples(discriminator_loss, round), /*keep_graph=*/true);
    }
    {
      const ScopedBackwardThroughBoth backward(times_, communicator_, fake);
      backward_into(generator_, mean_over_samples(generator_loss, round), /*keep_graph=*/false);
    }
    pending_discriminator.finish();
    pending_generator.finish();
    finish_discriminator_update(round);
    update_generator_weights(round);
    return {sum_over_samples(generator_loss), sum_over_samples(discriminator_loss)};
  }

  // Clipping belongs right after the critic's own update: the generator meets the clipped critic.
  void finish_discriminator_update(const Round& round) {
    const ScopedPhase optimizer(times_.optimizer, communicator_);
    discriminator_.update(round.step);
    const at::NoGradGuard no_grad;
    if (options_.weight_clip)
      discriminator_.arena.values().clamp_(-*options_.weight_clip, *options_.weight_clip);
  }

  void update_generator_weights(const Round& round) {
    const ScopedPhase optimizer(times_.optimizer, communicator_);
    generator_.update(round.step);
  }

  Round begin_round(const Batch& batch) const {
    Round round{.batch = batch,
                .seed = setting_.seed,
                .step = batch.step / options_.critic_steps,
                .critic_iteration = batch.step % options_.critic_steps};
    if (classes_ > 0)
      round.fake_labels =
          draw_uniform(round.stream({.purpose = Purpose::label, .network = NetworkId::generator}),
                       batch.first_place, {round.rows(), 1}, 0, static_cast<double>(classes_), at::kDouble)
              .to(at::kLong)
              .view(-1);
    return round;
  }

  at::Tensor generate(const Round& round) {
    const ScopedPhase forward(times_.generator_forward, communicator_);
    ForwardContext context = round.context({Pass::fake});
    context.condition = one_hot_labels(round.fake_labels, classes_, setting_.dtype);
    const at::Tensor noise =
        draw_noise(round.stream({.purpose = Purpose::noise, .network = NetworkId::generator}),
                   round.batch.first_place, round.rows());
    return generator_.network->forward(noise, context);
  }

  std::vector<at::Tensor>* feature_place(std::vector<at::Tensor>& features) const {
    return options_.feature_matching ? &features : nullptr;
  }

  // The means are over the global batch: one all-reduce of the features' sums.
  at::Tensor match_features(const Round& round, const std::vector<at::Tensor>& fake_hidden,
                            const std::vector<at::Tensor>& real_hidden) {
    const FeatureMatchingOptions& matching = *options_.feature_matching;
    const auto layer =
        static_cast<std::size_t>(matching.layer.value_or(static_cast<std::int64_t>(fake_hidden.size())) - 1);
    const at::Tensor fake = fake_hidden[layer].flatten(1);
    const at::Tensor real = real_hidden[layer].detach().flatten(1);
    at::Tensor difference = fake.detach().sum(0) - real.sum(0);
    communicator_.all_reduce_sum_(difference);
    difference.div_(static_cast<double>(round.batch.global_batch_size / options_.packing));
    return matching.weight * feature_matching_sum(fake, difference);
  }

  at::Tensor draw_noise(const RandomStream& stream, std::int64_t first_place, std::int64_t count) const {
    return draw_normal(stream, first_place, {count, noise_size(options_.generator.network)}, setting_.dtype);
  }

  at::Tensor sample_labels(const SampleRequest& request) const {
    if (classes_ == 0) return {};
    if (request.label) return at::full({request.count}, *request.label, at::kLong);
    return at::arange(request.first_place, request.first_place + request.count).remainder(classes_);
  }

  // Sums go over the discriminator's rows, packs of samples; their mean is over the global number of packs.
  at::Tensor mean_over_samples(const at::Tensor& sum, const Round& round) const {
    return sum * (static_cast<double>(options_.packing) / static_cast<double>(round.batch.global_batch_size));
  }
  at::Tensor sum_over_samples(const at::Tensor& sum) const {
    return sum.detach() * static_cast<double>(options_.packing);
  }

  static void backward_into(const TrainedNetwork& trained, const at::Tensor& loss, bool keep_graph) {
    torch::autograd::backward({loss}, {}, keep_graph, /*create_graph=*/false, trained.arena.parameters());
  }

  const AdversarialGanOptions options_;
  const GanSetting setting_;
  const std::int64_t classes_;  // 0 without conditioning
  Communicator& communicator_;
  TrainedNetwork generator_;
  TrainedNetwork discriminator_;
  Judge judge_;
  PhaseTimes times_;
};

}  // namespace

std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          Communicator& communicator) {
  check_options(options);
  require(
      options.condition == Conditioning::none || setting.classes > 0,
      "gan.condition is labels, but the dataset has none; import it with labels, or leave gan.condition out");
  return std::make_unique<AdversarialGan>(options, setting, communicator);
}

}  // namespace ganymede
