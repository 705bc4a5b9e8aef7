#include "procedures/sequence/sequence_procedure.hpp"

#include "base/error.hpp"
#include "base/trace.hpp"
#include "base/utf8.hpp"
#include "objectives/adversarial_loss.hpp"
#include "objectives/token_likelihood.hpp"
#include "procedures/objective.hpp"
#include "procedures/sequence/likelihood_figures.hpp"
#include "procedures/sequence/streams.hpp"
#include "procedures/sequence/token_sampler.hpp"
#include "procedures/trained_network.hpp"

namespace ganymede {
namespace {

// Of a step's parts, in their order.
enum Part : std::size_t { kSampling, kLikelihood, kRewards, kPolicyGradient, kDiscriminator, kOptimizer };

struct SequenceNetworks {
  std::shared_ptr<SequenceGenerator> generator;
  std::shared_ptr<SequenceDiscriminator> discriminator;
};

Schedule schedule_of(const SequenceOptions& options) {
  std::vector<Phase> phases;
  if (options.likelihood_steps > 0)
    phases.push_back({.name = "likelihood",
                      .scalars = {"negative_log_likelihood"},
                      .batches = {1},
                      .steps = options.likelihood_steps});
  if (options.discriminator_start > 0)
    phases.push_back({.name = "discriminator",
                      .scalars = {"discriminator_loss"},
                      .batches = {1},
                      .steps = options.discriminator_start});
  phases.push_back({.name = "adversarial",
                    .scalars = {"generator_loss", "reward", "discriminator_loss", "negative_log_likelihood"},
                    .batches = {options.discriminator_steps}});
  return Schedule(std::move(phases));
}

// Between words and numbers a space, between characters nothing.
std::string separator_of(const Field& field) {
  const bool characters = !field.names.empty() &&
                          std::all_of(field.names.begin(), field.names.end(),
                                      [](const auto& name) { return split_characters(name).size() == 1; });
  return characters ? "" : " ";
}

class SequenceProcedure final : public Procedure {
 public:
  SequenceProcedure(const SequenceOptions& options, const ProcedureSetting& setting,
                    const SequenceNetworks& networks, Communicator& communicator)
      : Procedure(setting),
        options_(options),
        setting_(setting),
        sentence_(setting.sources.front().sample()),
        separator_(separator_of(sentence_)),
        length_(sentence_.elements()),
        communicator_(communicator),
        replicas_of_rank_(replicas_of_rank(setting, communicator)),
        schedule_(schedule_of(options)),
        generator_network_(*networks.generator),
        discriminator_network_(*networks.discriminator),
        generator_("generator", networks.generator, options.generator.update, replicas_of_rank_, numbers(),
                   communicator),
        discriminator_("discriminator", networks.discriminator, options.discriminator.update,
                       replicas_of_rank_, numbers(), communicator),
        figures_(options.oracle, {.length = length_,
                                  .vocabulary = sentence_.values,
                                  .seed = setting.seed,
                                  .compute = setting.compute}) {}

  const Schedule& schedule() const override { return schedule_; }

  const SampleForm& sample_form() const override { return form_; }

  SampleSet sample(const SampleRequest& request) override {
    const at::Tensor tokens = sample_at_places(generator_network_, setting_.seed, request.first_place,
                                               {request.count, length_}, setting_.compute)
                                  .cpu();
    SampleSet samples{.values = tokens};
    for (std::int64_t row = 0; row < request.count; ++row) samples.texts.push_back(text_of(tokens[row]));
    return samples;
  }

  Figures figures(const std::vector<Batch>& held_out) override {
    return figures_.of(generator_network_, held_out);
  }

  std::vector<Player> players() override { return {generator_.as_player(), discriminator_.as_player()}; }

  const std::vector<StepPart>& step_parts() const override { return parts_; }

 private:
  // As in the authors' program, whose two objectives have an optimizer each.
  StepData prepare(std::int64_t step, StepData data) override {
    if (step == schedule_.steps_of_preparation()) generator_.forget_gradients();
    return data;
  }

  at::Tensor do_step(const Phase& phase, const StepData& data) override {
    const std::vector<Batch>& batches = data.front();
    if (phase.name == "likelihood") return raise_likelihood(batches.front()).view(1);
    if (phase.name == "discriminator") return update_discriminator(0, batches.front()).view(1);
    const at::Tensor surprise = measure_likelihood(batches.front());
    const auto [generator_loss, reward] = follow_rewards(batches.front());
    at::Tensor discriminator_loss;
    for (std::size_t i = 0; i < batches.size(); ++i)
      discriminator_loss = update_discriminator(static_cast<std::int64_t>(i), batches[i]);
    return at::stack({generator_loss, reward, discriminator_loss, surprise});
  }

  std::string text_of(const at::Tensor& tokens) const {
    std::vector<std::string> words;
    const auto* numbers = tokens.const_data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < tokens.numel(); ++i)
      words.push_back(sentence_.names.empty() ? std::to_string(numbers[i])
                                              : sentence_.names[static_cast<std::size_t>(numbers[i])]);
    return fmt::format("{}", fmt::join(words, separator_));
  }

  // The generator's update by maximum likelihood. Returns this rank's part of the mean over tokens.
  at::Tensor raise_likelihood(const Batch& batch) {
    SumOfLosses sum;
    auto pending = generator_.averager.begin();
    for_each_replica(batch, pending, [&](const Batch& slice) {
      const ScopedPart part(parts_[kLikelihood], communicator_);
      sum += descend_surprise(slice.fields.front(), {}, 1 / tokens_of(batch));
    });
    finish(generator_, pending);
    return sum.get() / tokens_of(batch);
  }

  // Gradients of factor x the weighted surprise; returns the latter.
  at::Tensor descend_surprise(const at::Tensor& tokens, const at::Tensor& weights, double factor) {
    std::optional<TraceSpan> span(std::in_place, "forward");
    const at::Tensor logits = generator_network_.forward(tokens, {});
    const WeightedSurprise surprise = weighted_surprise(logits, tokens.t(), weights, factor);
    span.emplace("backward");
    Objective(surprise.sum, factor).depends_on(logits, surprise.slope).backward();
    return surprise.sum;
  }

  // The same without an update: what the policy gradient makes of it.
  at::Tensor measure_likelihood(const Batch& batch) {
    const at::NoGradGuard no_grad;
    const ScopedPart part(parts_[kLikelihood], communicator_);
    return sum_of_surprise(generator_network_, batch.fields.front()) / tokens_of(batch);
  }

  // The generator's update by policy gradient (Yu et al. 2017, equation 8), its sum over places as a mean.
  // Returns this rank's parts of its loss and of the mean reward.
  std::pair<at::Tensor, at::Tensor> follow_rewards(const Batch& batch) {
    SumOfLosses loss_sum, reward_sum;
    auto pending = generator_.averager.begin();
    for_each_replica(batch, pending, [&](const Batch& slice) {
      const SequencesWithRollouts made = sample_for_rewards(slice);
      at::Tensor values = values_of(made);  // [length, rows]
      reward_sum += values.sum().to(at::kDouble);
      if (options_.baseline) values = values - mean_over_batch(values, batch);
      const ScopedPart part(parts_[kPolicyGradient], communicator_);
      loss_sum += descend_surprise(made.tokens, values, 1 / tokens_of(batch));
    });
    finish(generator_, pending);
    return {loss_sum.get() / tokens_of(batch), reward_sum.get() / tokens_of(batch)};
  }

  SequencesWithRollouts sample_for_rewards(const Batch& slice) {
    const ScopedPart part(parts_[kSampling], communicator_);
    const std::int64_t rows = slice.rows();
    const at::Tensor uniform = draw(stream_of(SequencePurpose::tokens, SequencePass::generator, 0),
                                    slice.first_place, {rows, length_});
    if (options_.reward == SequenceReward::constant)
      return {.tokens = sample_sequences(generator_network_, uniform), .rollouts = {}};
    std::vector<at::Tensor> rollout_uniform;
    for (std::int64_t rollout = 0; rollout < options_.rollouts; ++rollout)
      rollout_uniform.push_back(draw(stream_of(SequencePurpose::rollout, SequencePass::generator, rollout),
                                     slice.first_place, {rows, length_ - 1, length_}));
    return sample_with_rollouts(generator_network_, uniform, at::stack(rollout_uniform));
  }

  // What each token is worth: the mean reward of rollouts from the prefix that ends with it; of the last one
  // the sequence's own. [length, rows].
  at::Tensor values_of(const SequencesWithRollouts& made) {
    const at::NoGradGuard no_grad;
    const std::int64_t rows = made.tokens.size(0);
    if (options_.reward == SequenceReward::constant) return at::ones({length_, rows}, setting_.compute);
    const ScopedPart part(parts_[kRewards], communicator_);
    const auto logits = discriminator_network_.rollout_logits(made.tokens, made.rollouts);
    return at::cat({logits.of_rollouts.sigmoid().mean(1), logits.of_tokens.sigmoid().unsqueeze(0)});
  }

  at::Tensor mean_over_batch(const at::Tensor& values, const Batch& batch) {
    at::Tensor sums = values.sum(1, /*keepdim=*/true);
    communicator_.gradients().all_reduce_sum_(sums);
    return sums.div_(static_cast<double>(batch.global_batch_size));
  }

  // Returns this rank's part of the loss, which is a mean over real and one over generated sequences.
  at::Tensor update_discriminator(std::int64_t iteration, const Batch& batch) {
    SumOfLosses sum;
    const double factor = 1 / static_cast<double>(batch.global_batch_size);
    auto pending = discriminator_.averager.begin();
    for_each_replica(batch, pending, [&](const Batch& slice) {
      const at::Tensor fake = sample_fakes(iteration, slice);
      const ScopedPart part(parts_[kDiscriminator], communicator_);
      std::optional<TraceSpan> span(std::in_place, "forward");
      const std::vector<at::Tensor> logits =
          discriminator_network_.forward(at::cat({slice.fields.front(), fake}), context_of(iteration, slice))
              .chunk(2);
      const DiscriminatorLoss loss = discriminator_loss(BceLoss{}, logits[0], logits[1], factor);
      Objective objective(loss.sum, factor);
      objective.depends_on(logits[0], loss.real).depends_on(logits[1], loss.fake);
      // Of the global batch's one penalty this slice bears its share.
      if (const at::Tensor penalty = discriminator_network_.penalty(); penalty.defined())
        objective.add(penalty * static_cast<double>(slice.rows()));
      span.emplace("backward");
      objective.backward();
      sum += objective.value() * factor;
    });
    finish(discriminator_, pending);
    return sum.get();
  }

  // Of real sequences and as many fakes behind them.
  ForwardContext context_of(std::int64_t iteration, const Batch& slice) {
    ForwardContext context{.training = true, .iteration = iteration, .seed = numbers().seed()};
    for (const SequencePass pass : {SequencePass::real, SequencePass::fake})
      context.segments.push_back({.pass = pass, .first_place = slice.first_place, .rows = slice.rows()});
    return context;
  }

  at::Tensor sample_fakes(std::int64_t iteration, const Batch& slice) {
    const ScopedPart part(parts_[kSampling], communicator_);
    const TensorStream stream = stream_of(SequencePurpose::tokens, SequencePass::discriminator, iteration);
    return sample_sequences(generator_network_, draw(stream, slice.first_place, {slice.rows(), length_}));
  }

  template <typename Work>
  void for_each_replica(const Batch& batch, GradientAverager::Pending& pending, const Work& work) {
    bool first = true;
    for (const Batch& slice : split_rows(batch, replicas_of_rank_)) {
      if (!first) pending.next_replica();
      first = false;
      work(slice);
    }
  }

  void finish(TrainedNetwork& trained, GradientAverager::Pending& pending) {
    pending.finish();
    const ScopedPart part(parts_[kOptimizer], communicator_);
    trained.update();
  }

  TensorStream stream_of(SequencePurpose purpose, SequencePass pass, std::int64_t iteration) {
    return {numbers().seed(),
            {.purpose = purpose,
             .network = SequenceNetworkId::generator,
             .pass = pass,
             .iteration = static_cast<std::uint8_t>(iteration)}};
  }
  at::Tensor draw(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape) const {
    return draw_uniform(stream, first_place, shape, 0, 1, setting_.compute);
  }
  double tokens_of(const Batch& batch) const {
    return static_cast<double>(batch.global_batch_size * length_);
  }

  const SequenceOptions options_;
  const ProcedureSetting setting_;
  const Field sentence_;
  const std::string separator_;
  const std::int64_t length_;
  Communicator& communicator_;
  const std::int64_t replicas_of_rank_;
  const Schedule schedule_;
  const SampleForm form_{.kind = SampleForm::Kind::texts};
  SequenceGenerator& generator_network_;
  SequenceDiscriminator& discriminator_network_;
  TrainedNetwork generator_, discriminator_;
  LikelihoodFigures figures_;
  std::vector<StepPart> parts_{{"sampling"},        {"likelihood"},    {"rewards"},
                               {"policy_gradient"}, {"discriminator"}, {kOptimizerPart}};
};

void check_source(const DataSpec& source) {
  const Field& sentence = source.sample();
  require(sentence.meaning == Meaning::tokens && sentence.shape.size() == 1,
          "`sequence` trains from sequences of tokens, but the dataset holds {}", sentence.name);
  require(sentence.elements() >= 2, "the dataset's sequences have 1 token; `sequence` needs 2 at least");
}

}  // namespace

JoinRanks prepare_procedure(const SequenceOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator) {
  check_source(setting.sources.front());
  SequenceSetting of_network{.vocabulary = setting.sources.front().sample().values,
                             .length = setting.sources.front().sample().elements(),
                             .seed = setting.seed,
                             .id = SequenceNetworkId::generator,
                             .compute = setting.compute};
  SequenceNetworks networks{.generator = make_sequence_generator(options.generator.network, of_network),
                            .discriminator = nullptr};
  of_network.id = SequenceNetworkId::discriminator;
  networks.discriminator = make_sequence_discriminator(options.discriminator.network, of_network);
  return [=, &communicator] {
    return std::make_unique<SequenceProcedure>(options, setting, networks, communicator);
  };
}

}  // namespace ganymede
