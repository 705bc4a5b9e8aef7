#include "procedures/adversarial/adversarial_procedure.hpp"

#include "base/error.hpp"
#include "networks/batch_normalization.hpp"
#include "procedures/adversarial/round_maker.hpp"
#include "procedures/adversarial/round_objectives.hpp"
#include "procedures/adversarial/sampler.hpp"
#include "procedures/trained_network.hpp"

namespace ganymede {
namespace {

// Of a step's parts, in their order.
enum Part : std::size_t {
  kGeneratorForward,
  kGeneratorBackward,
  // A penalty counts here, the inner gradient that it is made of included.
  kDiscriminatorForward,
  kDiscriminatorBackward,
  kOptimizer,
};

// Summed over this rank's packs; float64 numbers.
struct Losses {
  at::Tensor generator, discriminator;
};

SampleForm form_of_samples(const ProcedureSetting& setting, std::int64_t classes, bool of_texts) {
  const bool pictures = setting.sources.front().sample().meaning == Meaning::pixels;
  SampleForm form{.kind = pictures ? SampleForm::Kind::pictures : SampleForm::Kind::points,
                  .classes = classes,
                  .pixels = setting.pixels};
  if (classes > 0) form.inputs = {SampleInput::label};
  if (of_texts) {
    form.inputs = {SampleInput::text};
    form.samples_a_text = kSamplesACaption;
  }
  return form;
}

Conditioner make_conditioner(const AdversarialOptions& options, const ProcedureSetting& setting,
                             const AdversarialNetworks& networks) {
  const DataSpec& source = setting.sources.front();
  if (!networks.encoder) return {conditioned_classes(options, source), setting.compute};
  return {source.fields[*find_captions(source)], *networks.encoder, setting.compute};
}

class AdversarialProcedure final : public Procedure {
 public:
  AdversarialProcedure(const AdversarialOptions& options, const ProcedureSetting& setting,
                       const AdversarialNetworks& networks, Communicator& communicator)
      : Procedure(setting),
        options_(options),
        setting_(setting),
        conditioner_(make_conditioner(options, setting, networks)),
        rounds_(options, setting, conditioner_, communicator),
        form_(form_of_samples(setting, conditioner_.classes(), networks.encoder != nullptr)),
        schedule_({{.name = "adversarial",
                    .scalars = {"generator_loss", "discriminator_loss"},
                    .batches = {options.critic_steps}}}),
        communicator_(communicator),
        replicas_of_rank_(replicas_of_rank(setting, communicator)),
        generator_("generator", networks.generator, options.generator.update, replicas_of_rank_, numbers(),
                   communicator),
        discriminator_("discriminator", networks.discriminator, options.discriminator.update,
                       replicas_of_rank_, numbers(), communicator),
        sampler_(*generator_.network,
                 {.noise_size = noise_size(options.generator.network),
                  .seed = setting.seed,
                  .compute = setting.compute},
                 conditioner_),
        judge_(*discriminator_.network, options.packing),
        objectives_(options_, judge_, communicator) {
    discriminator_.weight_bound = options.weight_clip;
    if (const auto* text = std::get_if<TextCondition>(&options_.condition)) {
      encoder_.emplace("encoder", networks.encoder, text->update, replicas_of_rank_, numbers(), communicator);
      judging_.push_back(&*encoder_);
    }
    if (!options.ema) return;
    generator_.start_average(*options.ema);
    if (encoder_) encoder_->start_average(*options.ema);
  }

  const Schedule& schedule() const override { return schedule_; }

  const SampleForm& sample_form() const override { return form_; }

  SampleSet sample(const SampleRequest& request) override {
    std::optional<Substituted> averaged, averaged_encoder;
    if (generator_.average) averaged.emplace(generator_.arena, *generator_.average);
    if (encoder_ && encoder_->average) averaged_encoder.emplace(encoder_->arena, *encoder_->average);
    SampleSet samples = sampler_.sample(request);
    if (form_.kind == SampleForm::Kind::points) samples.values = samples.values.flatten(1);
    return samples;
  }

  void settle() override {
    for (const auto* trained : {&generator_, &discriminator_})
      average_running_statistics(*trained->network, communicator_);
    if (!generator_.average || !has_local_statistics(*generator_.network)) return;
    for (const auto& statistic : generator_.average->statistics()) {
      communicator_.all_reduce_sum_(statistic.average);
      statistic.average.div_(communicator_.size());
    }
  }

  std::vector<Player> players() override {
    std::vector<Player> players{generator_.as_player(), discriminator_.as_player()};
    if (encoder_) players.push_back(encoder_->as_player());
    return players;
  }

  std::vector<NamedTensor> own_state() override {
    if (!encoder_) return {};
    return {{"captions", conditioner_.shown()}};
  }

  const std::vector<StepPart>& step_parts() const override { return parts_; }

 private:
  StepData prepare(std::int64_t /*step*/, StepData data) override {
    data.front() = rounds_.prepare(std::move(data.front()));
    return data;
  }

  at::Tensor do_step(const Phase& /*phase*/, const StepData& data) override {
    const std::vector<Batch>& batches = data.front();
    const Losses losses = options_.update == Update::alternating ? step_alternating(batches)
                                                                 : step_simultaneous(batches.front());
    if (generator_.average) generator_.average->update_statistics();
    return at::stack({losses.generator, losses.discriminator})
        .mul_(objectives_.mean_factor(batches.front().global_batch_size));
  }

  // A round of one virtual replica, with the samples that the generator made for it.
  struct ReplicaRound {
    Round round;
    at::Tensor fake;
  };

  // The discriminator critic_steps times, then the generator against the updated discriminator, on the noise
  // of the last round.
  Losses step_alternating(const std::vector<Batch>& batches) {
    std::vector<ReplicaRound> rounds;
    at::Tensor discriminator_loss;
    for (std::size_t iteration = 0; iteration < batches.size(); ++iteration) {
      const bool last = iteration + 1 == batches.size();
      if (last) generator_.network->begin_update();
      const at::AutoGradMode with_gradient(last);
      rounds = begin_rounds(static_cast<std::int64_t>(iteration), batches[iteration]);
      discriminator_loss = update_discriminator(rounds);
    }
    return {update_generator(rounds), discriminator_loss};
  }

  at::Tensor update_discriminator(const std::vector<ReplicaRound>& rounds) {
    const at::AutoGradMode with_gradient(true);
    begin_judges();
    SumOfLosses loss_sum;
    PendingGradients pending(judging_);
    for (const ReplicaRound& replica : rounds) {
      if (&replica != &rounds.front()) pending.next_replica();
      ScopedPart part(parts_[kDiscriminatorForward], communicator_);
      const Conditions conditions = conditioner_.of(replica.round);
      const auto logits = judge_.all_logits(replica.round, replica.fake.detach(), conditions);
      const Objective objective =
          objectives_.of_discriminator(objectives_.loss_of_discriminator(logits, replica.round), logits,
                                       replica.round, replica.fake, conditions);
      part.enter(parts_[kDiscriminatorBackward]);
      objective.backward();
      loss_sum += objective.value();
    }
    pending.finish();
    for (TrainedNetwork* trained : judging_) update(*trained);
    settle_statistics();
    return loss_sum.get();
  }

  at::Tensor update_generator(const std::vector<ReplicaRound>& rounds) {
    const Frozen frozen(discriminator_.arena);
    SumOfLosses loss_sum;
    auto pending = generator_.averager.begin();
    for (const auto& [round, fake] : rounds) {
      if (&round != &rounds.front().round) pending.next_replica();
      const at::Tensor at_fake = fake.detach().requires_grad_(true);
      JudgedFeatures features;
      ScopedPart part(parts_[kDiscriminatorForward], communicator_);
      const Conditions conditions = conditioner_.constants_of(round);
      const at::Tensor logits =
          judge_.logits(at_fake, conditions.fake, round, Pass::judged, feature_place(features.fake));
      if (options_.feature_matching) {
        const at::NoGradGuard no_grad;
        judge_.logits(round.real, conditions.real, round, Pass::matched, &features.real);
      }
      const LossAndSlope loss = objectives_.loss_of_generator(logits, round);
      const Objective objective = objectives_.of_generator(loss, logits, round, features);
      part.enter(parts_[kDiscriminatorBackward]);
      objective.backward({at_fake});
      part.enter(parts_[kGeneratorBackward]);
      torch::autograd::backward({fake}, {at_fake.grad()});
      loss_sum += objective.value();
    }
    pending.finish();
    update(generator_);
    settle_statistics();
    return loss_sum.get();
  }

  // One forward pass of each network serves both gradients, which are taken before either network moves.
  Losses step_simultaneous(const Batch& batch) {
    generator_.network->begin_update();
    begin_judges();
    SumOfLosses generator_loss, discriminator_loss;
    const std::vector<ReplicaRound> rounds = begin_rounds(/*critic_iteration=*/0, batch);
    PendingGradients pending_judges(judging_);
    auto pending_generator = generator_.averager.begin();
    for (const ReplicaRound& replica : rounds) {
      if (&replica != &rounds.front()) {
        pending_judges.next_replica();
        pending_generator.next_replica();
      }
      const Losses of_replica = backward_both(replica);
      generator_loss += of_replica.generator;
      discriminator_loss += of_replica.discriminator;
    }
    pending_judges.finish();
    pending_generator.finish();
    for (TrainedNetwork* trained : judging_) update(*trained);
    update(generator_);
    settle_statistics();
    return {generator_loss.get(), discriminator_loss.get()};
  }

  // The discriminator's backward pass also gives the gradient at the fakes from which the generator's begins,
  // row by row up to a factor (OnePass); a pass of its own does where that does not hold.
  Losses backward_both(const ReplicaRound& replica) {
    const auto& [round, fake] = replica;
    const at::Tensor at_fake = fake.detach().requires_grad_(true);
    JudgedFeatures features;
    ScopedPart part(parts_[kDiscriminatorForward], communicator_);
    const Conditions conditions = conditioner_.of(round);
    const auto logits = judge_.all_logits(round, at_fake, conditions, feature_place(features.real),
                                          feature_place(features.fake));
    DiscriminatorLoss of_discriminator = objectives_.loss_of_discriminator(logits, round);
    const LossAndSlope of_generator = objectives_.loss_of_generator(logits.fake, round);
    std::vector<at::Tensor> inputs;
    for (const TrainedNetwork* trained : judging_)
      for (const at::Tensor& parameter : trained->arena.parameters()) inputs.push_back(parameter);

    const bool plain = !options_.penalty && !options_.feature_matching && judge_.separates_rows();
    const auto one = plain ? one_pass(of_generator.slope, of_discriminator.fake) : std::nullopt;
    at::Tensor fake_gradient;
    at::Tensor generator_value = of_generator.sum;
    if (one) {
      of_discriminator.fake = one->discriminator_slope;
      inputs.push_back(at_fake);
    } else {
      part.enter(parts_[kDiscriminatorBackward]);
      const Objective objective = objectives_.of_generator(of_generator, logits.fake, round, features);
      fake_gradient = objective.gradient_at(at_fake);
      generator_value = objective.value();
      part.enter(parts_[kDiscriminatorForward]);
    }
    const Objective objective =
        objectives_.of_discriminator(of_discriminator, logits, round, fake, conditions);
    part.enter(parts_[kDiscriminatorBackward]);
    objective.backward(inputs);
    if (one) fake_gradient = at_fake.grad() * judge_.spread_over_samples(one->factor);
    part.enter(parts_[kGeneratorBackward]);
    torch::autograd::backward({fake}, {fake_gradient});
    return {generator_value, objective.value()};
  }

  void begin_judges() {
    for (TrainedNetwork* trained : judging_) trained->network->begin_update();
  }

  void update(TrainedNetwork& trained) {
    const ScopedPart part(parts_[kOptimizer], communicator_);
    trained.update();
  }

  void settle_statistics() {
    if (!setting_.replicas) return;
    for (const auto* trained : {&generator_, &discriminator_})
      settle_running_statistics(*trained->network, replicas_of_rank_, communicator_);
  }

  std::vector<ReplicaRound> begin_rounds(std::int64_t critic_iteration, const Batch& batch) {
    std::vector<ReplicaRound> rounds;
    for (const Batch& slice : split_rows(batch, replicas_of_rank_)) {
      const ScopedPart part(parts_[kGeneratorForward], communicator_);
      ReplicaRound replica{.round = rounds_.begin(numbers().seed(), critic_iteration, slice), .fake = {}};
      replica.round.fake_labels = sampler_.draw_labels(replica.round);
      replica.fake = sampler_.generate(replica.round);
      rounds.push_back(std::move(replica));
    }
    return rounds;
  }

  std::vector<at::Tensor>* feature_place(std::vector<at::Tensor>& features) const {
    return options_.feature_matching ? &features : nullptr;
  }

  const AdversarialOptions options_;
  const ProcedureSetting setting_;
  Conditioner conditioner_;
  RoundMaker rounds_;
  const SampleForm form_;
  const Schedule schedule_;
  Communicator& communicator_;
  const std::int64_t replicas_of_rank_;
  TrainedNetwork generator_;
  TrainedNetwork discriminator_;
  std::optional<TrainedNetwork> encoder_;  // of captions, where conditioned by text
  // The discriminator and, where there is one, the encoder: one backward pass gives the gradients of both.
  std::vector<TrainedNetwork*> judging_{&discriminator_};
  Sampler sampler_;
  Judge judge_;
  const RoundObjectives objectives_;
  std::vector<StepPart> parts_{{"generator_forward"},
                               {"generator_backward"},
                               {"discriminator_forward"},
                               {"discriminator_backward"},
                               {kOptimizerPart}};
};

}  // namespace

std::unique_ptr<Procedure> make_adversarial_procedure(const AdversarialOptions& options,
                                                      const ProcedureSetting& setting,
                                                      const AdversarialNetworks& networks,
                                                      Communicator& communicator) {
  return std::make_unique<AdversarialProcedure>(options, setting, networks, communicator);
}

}  // namespace ganymede
