#include "gans/adversarial_gan.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "base/error.hpp"
#include "base/random_tensor.hpp"
#include "gans/trained_network.hpp"
#include "networks/batch_normalization.hpp"
#include "objectives/feature_matching.hpp"

namespace ganymede {
namespace {

ImageShape packed(ImageShape shape, std::int64_t packing) {
  shape.channels *= packing;
  return shape;
}

// One batch on its way through the networks. Rows of the discriminator are packs of `packing` samples.
struct Round {
  const Batch& batch;
  std::int64_t step;              // updates of the generator before this one
  std::int64_t critic_iteration;  // updates of the discriminator before this one in this step
  at::Tensor fake_labels;         // int64 [rows]; undefined without conditioning

  std::int64_t rows() const { return batch.images.size(0); }
};

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
        separate_passes_(mixes_rows(*discriminator_.network)) {
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
    samples.images =
        generator_.network->forward(draw_noise(stream, request.first_place, request.count),
                                    ForwardContext{.training = false, .condition = one_hot(samples.labels)});
    return samples;
  }

  void average_running_statistics() override {
    for (const auto* trained : {&generator_, &discriminator_})
      ganymede::average_running_statistics(*trained->network, communicator_);
  }

  std::vector<Player> players() override {
    return {generator_.as_player("generator"), discriminator_.as_player("discriminator")};
  }

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
    const auto [real_logits, fake_logits] = judge_both(round, fake);
    const at::Tensor loss = discriminator_loss_sum(options_.loss, real_logits, fake_logits);
    const at::Tensor penalized = options_.penalty ? loss + penalty(round, fake) : loss;
    mean_over_samples(penalized, round).backward();
    pending.finish();
    finish_discriminator_update(round);
    return sum_over_samples(penalized);
  }

  at::Tensor update_generator(const Round& round, const at::Tensor& fake) {
    const Frozen frozen(discriminator_.arena);
    auto pending = generator_.averager.begin();
    std::vector<at::Tensor> fake_features, real_features;
    const at::Tensor logits =
        judge(fake, round.fake_labels, context(round, {Pass::judged}), feature_place(fake_features));
    at::Tensor loss = generator_loss_sum(options_.loss, logits);
    if (options_.feature_matching) {
      {
        const at::NoGradGuard no_grad;
        judge(round.batch.images, round.batch.labels, context(round, {Pass::matched}), &real_features);
      }
      loss = loss + match_features(round, fake_features, real_features);
    }
    mean_over_samples(loss, round).backward();
    pending.finish();
    generator_.update(round.step);
    return sum_over_samples(loss);
  }

  // Two tapes on one forward pass: each backward pass is restricted to its own network's parameters.
  StepReport step_simultaneous(const Batch& batch) {
    const Round round = begin_round(batch);
    generator_.network->begin_update();
    discriminator_.network->begin_update();
    const at::Tensor fake = generate(round);
    std::vector<at::Tensor> fake_features, real_features;
    const at::Tensor real_logits =
        judge(batch.images, batch.labels, context(round, {Pass::real}), feature_place(real_features));
    const at::Tensor fake_logits =
        judge(fake, round.fake_labels, context(round, {Pass::fake}), feature_place(fake_features));
    at::Tensor discriminator_loss = discriminator_loss_sum(options_.loss, real_logits, fake_logits);
    if (options_.penalty) discriminator_loss = discriminator_loss + penalty(round, fake.detach());
    at::Tensor generator_loss = generator_loss_sum(options_.loss, fake_logits);
    if (options_.feature_matching)
      generator_loss = generator_loss + match_features(round, fake_features, real_features);

    auto pending_discriminator = discriminator_.averager.begin();
    auto pending_generator = generator_.averager.begin();
    backward_into(discriminator_, mean_over_samples(discriminator_loss, round), /*keep_graph=*/true);
    backward_into(generator_, mean_over_samples(generator_loss, round), /*keep_graph=*/false);
    pending_discriminator.finish();
    pending_generator.finish();
    finish_discriminator_update(round);
    generator_.update(round.step);
    return {sum_over_samples(generator_loss), sum_over_samples(discriminator_loss)};
  }

  // Clipping belongs right after the critic's own update: the generator meets the clipped critic.
  void finish_discriminator_update(const Round& round) {
    discriminator_.update(round.step);
    const at::NoGradGuard no_grad;
    if (options_.weight_clip)
      discriminator_.arena.values().clamp_(-*options_.weight_clip, *options_.weight_clip);
  }

  Round begin_round(const Batch& batch) const {
    Round round{.batch = batch,
                .step = batch.step / options_.critic_steps,
                .critic_iteration = batch.step % options_.critic_steps,
                .fake_labels = {}};
    if (classes_ > 0)
      round.fake_labels =
          draw_uniform(stream(round, {.purpose = Purpose::label, .network = NetworkId::generator}),
                       batch.first_place, {round.rows(), 1}, 0, static_cast<double>(classes_), at::kDouble)
              .to(at::kLong)
              .view(-1);
    return round;
  }

  at::Tensor generate(const Round& round) {
    ForwardContext places = context(round, {Pass::fake}, /*packing=*/1);
    places.condition = one_hot(round.fake_labels);
    const at::Tensor noise =
        draw_noise(stream(round, {.purpose = Purpose::noise, .network = NetworkId::generator}),
                   round.batch.first_place, round.rows());
    return generator_.network->forward(noise, places);
  }

  // Logits of real and of fake samples. In one pass, unless the discriminator would mix their statistics.
  std::pair<at::Tensor, at::Tensor> judge_both(const Round& round, const at::Tensor& fake) {
    if (separate_passes_) {
      const at::Tensor real_logits =
          judge(round.batch.images, round.batch.labels, context(round, {Pass::real}));
      return {real_logits, judge(fake, round.fake_labels, context(round, {Pass::fake}))};
    }
    const at::Tensor labels = classes_ > 0 ? at::cat({round.batch.labels, round.fake_labels}) : at::Tensor();
    const at::Tensor logits =
        judge(at::cat({round.batch.images, fake}), labels, context(round, {Pass::real, Pass::fake}));
    const std::vector<at::Tensor> halves = logits.chunk(2);
    return {halves[0], halves[1]};
  }

  // Logits [rows / packing, 1] of samples [rows, ...] with labels [rows].
  at::Tensor judge(const at::Tensor& samples, const at::Tensor& labels, ForwardContext places,
                   std::vector<at::Tensor>* hidden = nullptr) {
    places.condition = pack(one_hot(labels));
    places.hidden = hidden;
    return discriminator_.network->forward(pack(samples), places);
  }

  // [rows, channels, ...] to [rows / packing, packing x channels, ...]
  at::Tensor pack(const at::Tensor& rows) const {
    if (!rows.defined() || options_.packing == 1) return rows;
    std::vector<std::int64_t> shape = rows.sizes().vec();
    shape[0] /= options_.packing;
    shape[1] *= options_.packing;
    return rows.reshape(shape);
  }

  at::Tensor penalty(const Round& round, const at::Tensor& fake) {
    ForwardContext places = context(round, {Pass::penalty});
    places.condition = pack(one_hot(round.batch.labels));
    const Critic critic = [&](const at::Tensor& packs) {
      return discriminator_.network->forward(packs, places);
    };
    const at::Tensor real = pack(round.batch.images);
    if (const auto* gradient = std::get_if<GradientPenalty>(&*options_.penalty)) {
      const at::Tensor mix =
          draw_uniform(stream(round, {.purpose = Purpose::interpolate, .network = NetworkId::discriminator}),
                       places.segments[0].first_place, {real.size(0), 1, 1, 1}, 0, 1, setting_.dtype);
      return penalty_sum(*gradient, critic, real, pack(fake), mix);
    }
    return penalty_sum(std::get<R1Penalty>(*options_.penalty), critic, real);
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

  // int64 [rows] to [rows, classes]; undefined without conditioning.
  at::Tensor one_hot(const at::Tensor& labels) const {
    if (classes_ == 0) return {};
    return at::one_hot(labels, classes_).to(setting_.dtype);
  }

  RandomStream stream(const Round& round, StreamId id) const {
    id.critic_iteration = static_cast<std::uint8_t>(round.critic_iteration);
    return {setting_.seed, id, static_cast<std::uint32_t>(round.step)};
  }

  // A training pass over this rank's rows, once for each of the named passes.
  ForwardContext context(const Round& round, std::initializer_list<Pass> passes) const {
    return context(round, passes, options_.packing);
  }
  ForwardContext context(const Round& round, std::initializer_list<Pass> passes, std::int64_t packing) const {
    ForwardContext context{.training = true,
                           .seed = setting_.seed,
                           .step = round.step,
                           .critic_iteration = round.critic_iteration};
    for (const Pass pass : passes)
      context.segments.push_back(
          {.pass = pass, .first_place = round.batch.first_place / packing, .rows = round.rows() / packing});
    return context;
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
  const bool separate_passes_;
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
