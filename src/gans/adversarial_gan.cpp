#include "gans/adversarial_gan.hpp"

#include <torch/csrc/autograd/autograd.h>

#include "base/error.hpp"
#include "base/random_tensor.hpp"
#include "optimization/gradient_averager.hpp"

namespace ganymede {
namespace {

// A network with its arena, optimizer and averager, in the order in which they need each other.
struct TrainedNetwork {
  TrainedNetwork(std::shared_ptr<Network> made, const OptimizerOptions& options, Communicator& communicator)
      : network(std::move(made)),
        arena(*network),
        optimizer(make_optimizer(options, arena)),
        averager(arena, communicator) {}
  TrainedNetwork(TrainedNetwork&&) = delete;  // the averager refers to the arena

  std::shared_ptr<Network> network;
  ParameterArena arena;
  std::unique_ptr<Optimizer> optimizer;
  GradientAverager averager;
};

class AdversarialGan final : public Gan {
 public:
  AdversarialGan(const AdversarialGanOptions& options, const GanSetting& setting, Communicator& communicator)
      : options_(options),
        setting_(setting),
        generator_(make_generator(options.generator.network, setting.shape, setting.seed, setting.dtype,
                                  communicator),
                   options.generator.optimizer, communicator),
        discriminator_(
            make_discriminator(options.discriminator.network, setting.shape, setting.seed, setting.dtype),
            options.discriminator.optimizer, communicator) {}

  StepReport step(const Batch& batch) override {
    switch (options_.update) {
      case Update::alternating:
        return step_alternating(batch);
      case Update::simultaneous:
        return step_simultaneous(batch);
    }
    throw Error("unknown update");
  }

  Samples sample(const SampleRequest& request) override {
    const at::NoGradGuard no_grad;
    const at::Tensor noise = draw_noise(Purpose::sample, /*step=*/0, request.first_place, request.count);
    return {.images = generator_.network->forward(noise, ForwardContext{.training = false}), .labels = {}};
  }

  std::vector<Player> players() override {
    return {{"generator", generator_.network, generator_.arena, *generator_.optimizer},
            {"discriminator", discriminator_.network, discriminator_.arena, *discriminator_.optimizer}};
  }

 private:
  StepReport step_alternating(const Batch& batch) {
    const at::Tensor fake_images = generate(batch);

    auto pending = discriminator_.averager.begin();
    const at::Tensor logits = discriminator_.network->forward(at::cat({batch.images, fake_images.detach()}),
                                                              context(batch, {Pass::real, Pass::fake}));
    const std::vector<at::Tensor> real_and_fake = logits.chunk(2);
    const at::Tensor discriminator_loss =
        discriminator_loss_sum(options_.loss, real_and_fake[0], real_and_fake[1]);
    mean(discriminator_loss, batch).backward();
    pending.finish();
    discriminator_.optimizer->step();

    const Frozen frozen(discriminator_.arena);
    auto pending_generator = generator_.averager.begin();
    const at::Tensor generator_loss = generator_loss_sum(
        options_.loss, discriminator_.network->forward(fake_images, context(batch, {Pass::judged})));
    mean(generator_loss, batch).backward();
    pending_generator.finish();
    generator_.optimizer->step();
    return {generator_loss.detach(), discriminator_loss.detach()};
  }

  // Two tapes on one forward pass: each backward pass is restricted to its own network's parameters.
  StepReport step_simultaneous(const Batch& batch) {
    const at::Tensor fake_images = generate(batch);
    const at::Tensor real_logits =
        discriminator_.network->forward(batch.images, context(batch, {Pass::real}));
    const at::Tensor fake_logits = discriminator_.network->forward(fake_images, context(batch, {Pass::fake}));
    const at::Tensor discriminator_loss = discriminator_loss_sum(options_.loss, real_logits, fake_logits);
    const at::Tensor generator_loss = generator_loss_sum(options_.loss, fake_logits);

    auto pending_discriminator = discriminator_.averager.begin();
    auto pending_generator = generator_.averager.begin();
    backward_into(discriminator_, mean(discriminator_loss, batch), /*keep_graph=*/true);
    backward_into(generator_, mean(generator_loss, batch), /*keep_graph=*/false);
    pending_discriminator.finish();
    pending_generator.finish();
    discriminator_.optimizer->step();
    generator_.optimizer->step();
    return {generator_loss.detach(), discriminator_loss.detach()};
  }

  at::Tensor generate(const Batch& batch) {
    const at::Tensor noise = draw_noise(Purpose::noise, batch.step, batch.first_place, batch.images.size(0));
    return generator_.network->forward(noise, context(batch, {Pass::fake}));
  }

  at::Tensor draw_noise(Purpose purpose, std::int64_t step, std::int64_t first_place,
                        std::int64_t count) const {
    const RandomStream stream(setting_.seed, StreamId{.purpose = purpose, .network = NetworkId::generator},
                              static_cast<std::uint32_t>(step));
    return draw_normal(stream, first_place, {count, noise_size(options_.generator.network)}, setting_.dtype);
  }

  // A training pass over this rank's places of the batch, once for each of the named passes.
  ForwardContext context(const Batch& batch, std::initializer_list<Pass> passes) const {
    ForwardContext context{.training = true, .seed = setting_.seed, .step = batch.step};
    for (const Pass pass : passes)
      context.segments.push_back(
          {.pass = pass, .first_place = batch.first_place, .rows = batch.images.size(0)});
    return context;
  }

  static at::Tensor mean(const at::Tensor& sum, const Batch& batch) {
    return sum / static_cast<double>(batch.global_batch_size);
  }

  static void backward_into(const TrainedNetwork& trained, const at::Tensor& loss, bool keep_graph) {
    torch::autograd::backward({loss}, {}, keep_graph, /*create_graph=*/false, trained.arena.parameters());
  }

  const AdversarialGanOptions options_;
  const GanSetting setting_;
  TrainedNetwork generator_;
  TrainedNetwork discriminator_;
};

}  // namespace

std::unique_ptr<Gan> make_adversarial_gan(const AdversarialGanOptions& options, const GanSetting& setting,
                                          Communicator& communicator) {
  return std::make_unique<AdversarialGan>(options, setting, communicator);
}

}  // namespace ganymede
