#include "gans/adversarial_gan.hpp"

#include "base/error.hpp"
#include "gans/judge.hpp"
#include "gans/objective.hpp"
#include "gans/sampler.hpp"
#include "gans/trained_network.hpp"
#include "networks/batch_normalization.hpp"
#include "objectives/feature_matching.hpp"

namespace ganymede {
namespace {

ImageShape packed(ImageShape shape, std::int64_t packing) {
  shape.channels *= packing;
  return shape;
}

// That the networks know; 0 without conditioning.
std::int64_t classes_of(const AdversarialGanOptions& options, const GanSetting& setting) {
  return options.condition == Conditioning::labels ? setting.classes : 0;
}

class AdversarialGan final : public Gan {
 public:
  AdversarialGan(const AdversarialGanOptions& options, const GanSetting& setting,
                 const AdversarialNetworks& networks, Communicator& communicator)
      : options_(options),
        setting_(setting),
        classes_(classes_of(options, setting)),
        communicator_(communicator),
        replicas_of_rank_(setting.replicas.value_or(communicator.size()) / communicator.size()),
        generator_(networks.generator, options.generator.update, replicas_of_rank_, communicator),
        discriminator_(networks.discriminator, options.discriminator.update, replicas_of_rank_, communicator),
        one_hot_(classes_, setting.dtype),
        sampler_(*generator_.network,
                 {.noise_size = noise_size(options.generator.network),
                  .seed = setting.seed,
                  .dtype = setting.dtype},
                 one_hot_),
        judge_(*discriminator_.network, options.packing, one_hot_) {
    discriminator_.weight_bound = options.weight_clip;
    if (options.ema) generator_.start_average(*options.ema);
  }

  std::int64_t batches_per_step() const override { return options_.critic_steps; }

  StepReport step(const std::vector<Batch>& batches) override {
    ensure(static_cast<std::int64_t>(batches.size()) == batches_per_step(), "a step gets all its batches");
    const StepReport report = options_.update == Update::alternating ? step_alternating(batches)
                                                                     : step_simultaneous(batches.front());
    if (generator_.average) generator_.average->update_statistics();
    return report;
  }

  Samples sample(const SampleRequest& request) override {
    std::optional<Substituted> averaged;
    if (generator_.average) averaged.emplace(generator_.arena, *generator_.average);
    return sampler_.sample(request);
  }

  void average_running_statistics() override {
    for (const auto* trained : {&generator_, &discriminator_})
      ganymede::average_running_statistics(*trained->network, communicator_);
    if (!generator_.average || !has_local_statistics(*generator_.network)) return;
    for (const auto& statistic : generator_.average->statistics()) {
      communicator_.all_reduce_sum_(statistic.average);
      statistic.average.div_(communicator_.size());
    }
  }

  std::vector<Player> players() override {
    return {generator_.as_player("generator"), discriminator_.as_player("discriminator")};
  }

  const PhaseTimes& phase_times() const override { return times_; }

 private:
  // A round of one virtual replica, with the samples that the generator made for it.
  struct Play {
    Round round;
    at::Tensor fake;
  };

  // The discriminator critic_steps times, then the generator against the updated discriminator, on the noise
  // of the last round.
  StepReport step_alternating(const std::vector<Batch>& batches) {
    std::vector<Play> plays;
    double discriminator_loss = 0;
    for (const Batch& batch : batches) {
      const bool last = &batch == &batches.back();
      if (last) generator_.network->begin_update();
      const at::AutoGradMode with_gradient(last);
      plays = begin_plays(batch);
      discriminator_loss = update_discriminator(plays);
    }
    const double generator_loss = update_generator(plays);
    return over_samples({generator_loss, discriminator_loss});
  }

  double update_discriminator(const std::vector<Play>& plays) {
    const at::AutoGradMode with_gradient(true);
    discriminator_.network->begin_update();
    double loss_sum = 0;
    auto pending = discriminator_.averager.begin();
    for (const Play& play : plays) {
      if (&play != &plays.front()) pending.next_replica();
      ScopedPhase phase(times_.discriminator_forward, communicator_);
      const auto logits = judge_.both_logits(play.round, play.fake.detach());
      const Objective objective = discriminator_objective(discriminator_loss_of(logits, play), logits, play);
      phase.enter(times_.discriminator_backward);
      objective.backward();
      loss_sum += objective.value();
    }
    pending.finish();
    update(discriminator_, plays.front().round.step);
    settle_statistics();
    return loss_sum;
  }

  double update_generator(const std::vector<Play>& plays) {
    const Frozen frozen(discriminator_.arena);
    double loss_sum = 0;
    auto pending = generator_.averager.begin();
    for (const auto& [round, fake] : plays) {
      if (&round != &plays.front().round) pending.next_replica();
      const at::Tensor at_fake = fake.detach().requires_grad_(true);
      std::vector<at::Tensor> fake_features, real_features;
      ScopedPhase phase(times_.discriminator_forward, communicator_);
      const at::Tensor logits =
          judge_.logits(at_fake, round.fake_labels, round, Pass::judged, feature_place(fake_features));
      if (options_.feature_matching) {
        const at::NoGradGuard no_grad;
        judge_.logits(round.batch.images, round.batch.labels, round, Pass::matched, &real_features);
      }
      const LossAndSlope loss = generator_loss(options_.loss, logits, mean_factor(round));
      const Objective objective = generator_objective(loss, logits, round, fake_features, real_features);
      phase.enter(times_.discriminator_backward);
      objective.backward({at_fake});
      phase.enter(times_.generator_backward);
      torch::autograd::backward({fake}, {at_fake.grad()});
      loss_sum += objective.value();
    }
    pending.finish();
    update(generator_, plays.front().round.step);
    settle_statistics();
    return loss_sum;
  }

  // One forward pass of each network serves both gradients, which are taken before either network moves.
  StepReport step_simultaneous(const Batch& batch) {
    generator_.network->begin_update();
    discriminator_.network->begin_update();
    StepReport report;
    const std::vector<Play> plays = begin_plays(batch);
    auto pending_discriminator = discriminator_.averager.begin();
    auto pending_generator = generator_.averager.begin();
    for (const Play& play : plays) {
      if (&play != &plays.front()) {
        pending_discriminator.next_replica();
        pending_generator.next_replica();
      }
      const StepReport losses = backward_both(play);
      report.generator_loss_sum += losses.generator_loss_sum;
      report.discriminator_loss_sum += losses.discriminator_loss_sum;
    }
    pending_discriminator.finish();
    pending_generator.finish();
    const std::int64_t step = plays.front().round.step;
    update(discriminator_, step);
    update(generator_, step);
    settle_statistics();
    return over_samples(report);
  }

  // The discriminator's backward pass also gives the gradient at the fakes from which the generator's begins,
  // row by row up to a factor (one_pass_factor); a pass of its own does where that does not hold.
  StepReport backward_both(const Play& play) {
    const auto& [round, fake] = play;
    const at::Tensor at_fake = fake.detach().requires_grad_(true);
    std::vector<at::Tensor> fake_features, real_features;
    ScopedPhase phase(times_.discriminator_forward, communicator_);
    const auto logits =
        judge_.both_logits(round, at_fake, feature_place(real_features), feature_place(fake_features));
    const DiscriminatorLoss of_discriminator = discriminator_loss_of(logits, play);
    const LossAndSlope of_generator = generator_loss(options_.loss, logits.fake, mean_factor(round));
    std::vector<at::Tensor> inputs = discriminator_.arena.parameters();

    const bool plain = !options_.penalty && !options_.feature_matching && judge_.separates_rows();
    const auto one_pass = plain ? one_pass_factor(of_generator.slope, of_discriminator.fake) : std::nullopt;
    at::Tensor fake_gradient;
    double generator_value = of_generator.sum;
    if (!one_pass) {
      phase.enter(times_.discriminator_backward);
      const Objective objective =
          generator_objective(of_generator, logits.fake, round, fake_features, real_features);
      fake_gradient = objective.gradient_at(at_fake);
      generator_value = objective.value();
      phase.enter(times_.discriminator_forward);
    }
    const Objective objective = discriminator_objective(of_discriminator, logits, play);
    phase.enter(times_.discriminator_backward);
    if (one_pass) inputs.push_back(at_fake);
    objective.backward(inputs);
    if (one_pass) fake_gradient = at_fake.grad() * judge_.spread_over_samples(*one_pass);
    phase.enter(times_.generator_backward);
    torch::autograd::backward({fake}, {fake_gradient});
    return {generator_value, objective.value()};
  }

  DiscriminatorLoss discriminator_loss_of(const Judge::RealAndFake& logits, const Play& play) const {
    return discriminator_loss(options_.loss, logits.real, logits.fake, mean_factor(play.round));
  }

  Objective discriminator_objective(const DiscriminatorLoss& loss, const Judge::RealAndFake& logits,
                                    const Play& play) {
    Objective objective(loss.sum, mean_factor(play.round));
    objective.depends_on(logits.real, loss.real).depends_on(logits.fake, loss.fake);
    if (options_.penalty) objective.add(judge_.penalty(*options_.penalty, play.round, play.fake.detach()));
    return objective;
  }

  Objective generator_objective(const LossAndSlope& loss, const at::Tensor& logits, const Round& round,
                                const std::vector<at::Tensor>& fake_features,
                                const std::vector<at::Tensor>& real_features) {
    Objective objective(loss.sum, mean_factor(round));
    objective.depends_on(logits, loss.slope);
    if (options_.feature_matching) objective.add(match_features(round, fake_features, real_features));
    return objective;
  }

  void update(TrainedNetwork& trained, std::int64_t step) {
    const ScopedPhase phase(times_.optimizer, communicator_);
    trained.update(step);
  }

  void settle_statistics() {
    if (!setting_.replicas) return;
    for (const auto* trained : {&generator_, &discriminator_})
      settle_running_statistics(*trained->network, replicas_of_rank_, communicator_);
  }

  std::vector<Play> begin_plays(const Batch& batch) {
    std::vector<Play> plays;
    for (const Batch& slice : split_rows(batch, replicas_of_rank_)) {
      const ScopedPhase phase(times_.generator_forward, communicator_);
      Play play{.round = begin_round(slice), .fake = {}};
      play.fake = sampler_.generate(play.round);
      plays.push_back(std::move(play));
    }
    return plays;
  }

  Round begin_round(const Batch& batch) const {
    Round round{.batch = batch,
                .seed = setting_.seed,
                .step = batch.step / options_.critic_steps,
                .critic_iteration = batch.step % options_.critic_steps};
    round.fake_labels = sampler_.draw_labels(round);
    return round;
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

  // Sums go over the discriminator's rows, packs of samples; their mean is over the global number of packs.
  double mean_factor(const Round& round) const {
    return static_cast<double>(options_.packing) / static_cast<double>(round.batch.global_batch_size);
  }
  StepReport over_samples(StepReport report) const {
    report.generator_loss_sum *= static_cast<double>(options_.packing);
    report.discriminator_loss_sum *= static_cast<double>(options_.packing);
    return report;
  }

  const AdversarialGanOptions options_;
  const GanSetting setting_;
  const std::int64_t classes_;  // 0 without conditioning
  Communicator& communicator_;
  const std::int64_t replicas_of_rank_;
  TrainedNetwork generator_;
  TrainedNetwork discriminator_;
  const OneHot one_hot_;
  Sampler sampler_;
  Judge judge_;
  PhaseTimes times_;
};

}  // namespace

AdversarialNetworks make_adversarial_networks(const AdversarialGanOptions& options, const GanSetting& setting,
                                              Communicator& communicator) {
  check_options(options, setting.replicas);
  require(
      options.condition == Conditioning::none || setting.classes > 0,
      "gan.condition is labels, but the dataset has none; import it with labels, or leave gan.condition out");
  const std::int64_t classes = classes_of(options, setting);
  AdversarialNetworks networks{
      .generator = make_generator(options.generator.network, options.generator.update.spectral_norm,
                                  {.shape = setting.shape,
                                   .condition_size = classes,
                                   .seed = setting.seed,
                                   .communicator = communicator},
                                  setting.dtype),
      .discriminator =
          make_discriminator(options.discriminator.network, options.discriminator.update.spectral_norm,
                             {.shape = packed(setting.shape, options.packing),
                              .condition_size = classes * options.packing,
                              .seed = setting.seed,
                              .communicator = communicator},
                             setting.dtype)};
  if (options.feature_matching && options.feature_matching->layer)
    require(*options.feature_matching->layer <= networks.discriminator->hidden_layers(),
            "gan.feature_matching.layer is {}; the discriminator has hidden layers 1 to {}",
            *options.feature_matching->layer, networks.discriminator->hidden_layers());
  return networks;
}

std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          const AdversarialNetworks& networks, Communicator& communicator) {
  ensure(!setting.replicas || *setting.replicas % communicator.size() == 0,
         "ranks divide the virtual replicas");
  return std::make_unique<AdversarialGan>(options, setting, networks, communicator);
}

std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          Communicator& communicator) {
  return make_adversarial_gan(options, setting, make_adversarial_networks(options, setting, communicator),
                              communicator);
}

}  // namespace ganymede
