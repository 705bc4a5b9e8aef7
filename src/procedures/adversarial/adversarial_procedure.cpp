#include "procedures/adversarial/adversarial_procedure.hpp"

#include "base/error.hpp"
#include "networks/batch_normalization.hpp"
#include "procedures/adversarial/judge.hpp"
#include "procedures/adversarial/matched_features.hpp"
#include "procedures/adversarial/sampler.hpp"
#include "procedures/objective.hpp"
#include "procedures/trained_network.hpp"

namespace ganymede {
namespace {

// Of a step's scalars and of its parts, in their order.
enum Scalar : std::size_t { kGeneratorLoss, kDiscriminatorLoss };
enum Part : std::size_t {
  kGeneratorForward,
  kGeneratorBackward,
  // A penalty counts here, the inner gradient that it is made of included.
  kDiscriminatorForward,
  kDiscriminatorBackward,
  kOptimizer,
};

struct Losses {
  double generator = 0, discriminator = 0;  // summed over this rank's packs
};

SampleForm form_of_samples(const ProcedureSetting& setting, std::int64_t classes) {
  const bool pictures = setting.sources.front().sample().meaning == Meaning::pixels;
  SampleForm form{.kind = pictures ? SampleForm::Kind::pictures : SampleForm::Kind::points,
                  .classes = classes,
                  .pixels = setting.pixels};
  if (classes > 0) form.inputs = {SampleInput::label};
  return form;
}

class AdversarialProcedure final : public Procedure {
 public:
  AdversarialProcedure(const AdversarialOptions& options, const ProcedureSetting& setting,
                       const AdversarialNetworks& networks, Communicator& communicator)
      : options_(options),
        setting_(setting),
        shape_(setting.sources.front().sample().image_shape()),
        classes_(conditioned_classes(options, setting.sources.front())),
        form_(form_of_samples(setting, classes_)),
        schedule_({{.name = "adversarial",
                    .scalars = {"generator_loss", "discriminator_loss"},
                    .batches = {options.critic_steps}}}),
        communicator_(communicator),
        replicas_of_rank_(replicas_of_rank(setting, communicator)),
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

  const Schedule& schedule() const override { return schedule_; }

  void step(std::int64_t step, const StepData& data, std::span<double> scalars) override {
    const std::vector<Batch>& batches = data.front();
    const Losses losses = options_.update == Update::alternating ? step_alternating(step, batches)
                                                                 : step_simultaneous(step, batches.front());
    if (generator_.average) generator_.average->update_statistics();
    const double factor = mean_factor(batches.front().global_batch_size);
    scalars[kGeneratorLoss] = losses.generator * factor;
    scalars[kDiscriminatorLoss] = losses.discriminator * factor;
  }

  const SampleForm& sample_form() const override { return form_; }

  SampleSet sample(const SampleRequest& request) override {
    std::optional<Substituted> averaged;
    if (generator_.average) averaged.emplace(generator_.arena, *generator_.average);
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
    return {generator_.as_player("generator"), discriminator_.as_player("discriminator")};
  }

  const std::vector<StepPart>& step_parts() const override { return parts_; }

 private:
  // A round of one virtual replica, with the samples that the generator made for it.
  struct ReplicaRound {
    Round round;
    at::Tensor fake;
  };

  // The discriminator critic_steps times, then the generator against the updated discriminator, on the noise
  // of the last round.
  Losses step_alternating(std::int64_t step, const std::vector<Batch>& batches) {
    std::vector<ReplicaRound> rounds;
    double discriminator_loss = 0;
    for (std::size_t iteration = 0; iteration < batches.size(); ++iteration) {
      const bool last = iteration + 1 == batches.size();
      if (last) generator_.network->begin_update();
      const at::AutoGradMode with_gradient(last);
      rounds = begin_rounds(step, static_cast<std::int64_t>(iteration), batches[iteration]);
      discriminator_loss = update_discriminator(rounds);
    }
    const double generator_loss = update_generator(rounds);
    return {generator_loss, discriminator_loss};
  }

  double update_discriminator(const std::vector<ReplicaRound>& rounds) {
    const at::AutoGradMode with_gradient(true);
    discriminator_.network->begin_update();
    double loss_sum = 0;
    auto pending = discriminator_.averager.begin();
    for (const ReplicaRound& replica : rounds) {
      if (&replica != &rounds.front()) pending.next_replica();
      ScopedPart part(parts_[kDiscriminatorForward], communicator_);
      const auto logits = judge_.both_logits(replica.round, replica.fake.detach());
      const Objective objective =
          discriminator_objective(discriminator_loss_of(logits, replica), logits, replica);
      part.enter(parts_[kDiscriminatorBackward]);
      objective.backward();
      loss_sum += objective.value();
    }
    pending.finish();
    update(discriminator_, rounds.front().round.step);
    settle_statistics();
    return loss_sum;
  }

  double update_generator(const std::vector<ReplicaRound>& rounds) {
    const Frozen frozen(discriminator_.arena);
    double loss_sum = 0;
    auto pending = generator_.averager.begin();
    for (const auto& [round, fake] : rounds) {
      if (&round != &rounds.front().round) pending.next_replica();
      const at::Tensor at_fake = fake.detach().requires_grad_(true);
      std::vector<at::Tensor> fake_features, real_features;
      ScopedPart part(parts_[kDiscriminatorForward], communicator_);
      const at::Tensor logits =
          judge_.logits(at_fake, round.fake_labels, round, Pass::judged, feature_place(fake_features));
      if (options_.feature_matching) {
        const at::NoGradGuard no_grad;
        judge_.logits(round.real, round.real_labels, round, Pass::matched, &real_features);
      }
      const LossAndSlope loss = generator_loss(options_.loss, logits, mean_factor(round.global_batch_size));
      const Objective objective = generator_objective(loss, logits, round, fake_features, real_features);
      part.enter(parts_[kDiscriminatorBackward]);
      objective.backward({at_fake});
      part.enter(parts_[kGeneratorBackward]);
      torch::autograd::backward({fake}, {at_fake.grad()});
      loss_sum += objective.value();
    }
    pending.finish();
    update(generator_, rounds.front().round.step);
    settle_statistics();
    return loss_sum;
  }

  // One forward pass of each network serves both gradients, which are taken before either network moves.
  Losses step_simultaneous(std::int64_t step, const Batch& batch) {
    generator_.network->begin_update();
    discriminator_.network->begin_update();
    Losses losses;
    const std::vector<ReplicaRound> rounds = begin_rounds(step, /*critic_iteration=*/0, batch);
    auto pending_discriminator = discriminator_.averager.begin();
    auto pending_generator = generator_.averager.begin();
    for (const ReplicaRound& replica : rounds) {
      if (&replica != &rounds.front()) {
        pending_discriminator.next_replica();
        pending_generator.next_replica();
      }
      const Losses of_replica = backward_both(replica);
      losses.generator += of_replica.generator;
      losses.discriminator += of_replica.discriminator;
    }
    pending_discriminator.finish();
    pending_generator.finish();
    update(discriminator_, step);
    update(generator_, step);
    settle_statistics();
    return losses;
  }

  // The discriminator's backward pass also gives the gradient at the fakes from which the generator's begins,
  // row by row up to a factor (one_pass_factor); a pass of its own does where that does not hold.
  Losses backward_both(const ReplicaRound& replica) {
    const auto& [round, fake] = replica;
    const at::Tensor at_fake = fake.detach().requires_grad_(true);
    std::vector<at::Tensor> fake_features, real_features;
    ScopedPart part(parts_[kDiscriminatorForward], communicator_);
    const auto logits =
        judge_.both_logits(round, at_fake, feature_place(real_features), feature_place(fake_features));
    const DiscriminatorLoss of_discriminator = discriminator_loss_of(logits, replica);
    const LossAndSlope of_generator =
        generator_loss(options_.loss, logits.fake, mean_factor(round.global_batch_size));
    std::vector<at::Tensor> inputs = discriminator_.arena.parameters();

    const bool plain = !options_.penalty && !options_.feature_matching && judge_.separates_rows();
    const auto one_pass = plain ? one_pass_factor(of_generator.slope, of_discriminator.fake) : std::nullopt;
    at::Tensor fake_gradient;
    double generator_value = of_generator.sum;
    if (!one_pass) {
      part.enter(parts_[kDiscriminatorBackward]);
      const Objective objective =
          generator_objective(of_generator, logits.fake, round, fake_features, real_features);
      fake_gradient = objective.gradient_at(at_fake);
      generator_value = objective.value();
      part.enter(parts_[kDiscriminatorForward]);
    }
    const Objective objective = discriminator_objective(of_discriminator, logits, replica);
    part.enter(parts_[kDiscriminatorBackward]);
    if (one_pass) inputs.push_back(at_fake);
    objective.backward(inputs);
    if (one_pass) fake_gradient = at_fake.grad() * judge_.spread_over_samples(*one_pass);
    part.enter(parts_[kGeneratorBackward]);
    torch::autograd::backward({fake}, {fake_gradient});
    return {generator_value, objective.value()};
  }

  DiscriminatorLoss discriminator_loss_of(const Judge::RealAndFake& logits,
                                          const ReplicaRound& replica) const {
    return discriminator_loss(options_.loss, logits.real, logits.fake,
                              mean_factor(replica.round.global_batch_size));
  }

  Objective discriminator_objective(const DiscriminatorLoss& loss, const Judge::RealAndFake& logits,
                                    const ReplicaRound& replica) {
    Objective objective(loss.sum, mean_factor(replica.round.global_batch_size));
    objective.depends_on(logits.real, loss.real).depends_on(logits.fake, loss.fake);
    if (options_.penalty)
      objective.add(judge_.penalty(*options_.penalty, replica.round, replica.fake.detach()));
    return objective;
  }

  Objective generator_objective(const LossAndSlope& loss, const at::Tensor& logits, const Round& round,
                                const std::vector<at::Tensor>& fake_features,
                                const std::vector<at::Tensor>& real_features) {
    Objective objective(loss.sum, mean_factor(round.global_batch_size));
    objective.depends_on(logits, loss.slope);
    if (options_.feature_matching)
      objective.add(match_features(*options_.feature_matching, fake_features, real_features,
                                   round.global_batch_size / options_.packing, communicator_));
    return objective;
  }

  void update(TrainedNetwork& trained, std::int64_t step) {
    const ScopedPart part(parts_[kOptimizer], communicator_);
    trained.update(step);
  }

  void settle_statistics() {
    if (!setting_.replicas) return;
    for (const auto* trained : {&generator_, &discriminator_})
      settle_running_statistics(*trained->network, replicas_of_rank_, communicator_);
  }

  std::vector<ReplicaRound> begin_rounds(std::int64_t step, std::int64_t critic_iteration,
                                         const Batch& batch) {
    std::vector<ReplicaRound> rounds;
    for (const Batch& slice : split_rows(batch, replicas_of_rank_)) {
      const ScopedPart part(parts_[kGeneratorForward], communicator_);
      ReplicaRound replica{.round = begin_round(step, critic_iteration, slice), .fake = {}};
      replica.fake = sampler_.generate(replica.round);
      rounds.push_back(std::move(replica));
    }
    return rounds;
  }

  Round begin_round(std::int64_t step, std::int64_t critic_iteration, const Batch& batch) const {
    const auto label = setting_.sources.front().find(Meaning::label);
    Round round{
        .real = batch.fields.front().view({batch.rows(), shape_.channels, shape_.height, shape_.width}),
        .real_labels = classes_ > 0 ? batch.fields[*label] : at::Tensor(),
        .first_place = batch.first_place,
        .global_batch_size = batch.global_batch_size,
        .seed = setting_.seed,
        .step = step,
        .critic_iteration = critic_iteration};
    round.fake_labels = sampler_.draw_labels(round);
    return round;
  }

  std::vector<at::Tensor>* feature_place(std::vector<at::Tensor>& features) const {
    return options_.feature_matching ? &features : nullptr;
  }

  // Sums go over the discriminator's rows, packs of samples; their mean is over the global number of packs.
  double mean_factor(std::int64_t global_batch_size) const {
    return static_cast<double>(options_.packing) / static_cast<double>(global_batch_size);
  }

  const AdversarialOptions options_;
  const ProcedureSetting setting_;
  const ImageShape shape_;      // of a sample
  const std::int64_t classes_;  // 0 without conditioning
  const SampleForm form_;
  const Schedule schedule_;
  Communicator& communicator_;
  const std::int64_t replicas_of_rank_;
  TrainedNetwork generator_;
  TrainedNetwork discriminator_;
  const OneHot one_hot_;
  Sampler sampler_;
  Judge judge_;
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
