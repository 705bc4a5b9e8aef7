#include "procedures/cycle/cycle_procedure.hpp"

#include "objectives/absolute_error.hpp"
#include "procedures/cycle/cycle_networks.hpp"
#include "procedures/cycle/history_pool.hpp"
#include "procedures/cycle/streams.hpp"
#include "procedures/cycle/translation_figures.hpp"
#include "procedures/cycle/translator.hpp"
#include "procedures/gather_rows.hpp"
#include "procedures/objective.hpp"
#include "procedures/trained_network.hpp"

namespace ganymede {
namespace {

// Of a step's parts, in their order.
enum Part : std::size_t {
  kGeneratorsForward,
  kGeneratorsBackward,
  kDiscriminatorsForward,
  kDiscriminatorsBackward,
  kHistory,
  kOptimizer,
};

// The real images of one virtual replica.
struct DomainImages {
  OfDomains<at::Tensor> real;  // [rows, channels, height, width]
  std::int64_t first_place, global_batch_size;

  std::int64_t rows() const { return real[0].size(0); }
};

// What the generators make of them: images of a domain each, [domain of the result].
struct Translations {
  OfDomains<at::Tensor> fake, back;
  OfDomains<at::Tensor> same = {};  // undefined where there is no identity loss
};

// A step's, in the order of its scalars; each this rank's part.
struct CycleLosses {
  SumOfLosses generators, cycle, identity;
  OfDomains<SumOfLosses> discriminators{};
};

AdversarialLoss adversarial_loss(const CycleLoss& loss) {
  return std::visit([](const auto& one) -> AdversarialLoss { return one; }, loss);
}

std::vector<std::string> scalars_of(const CycleOptions& options) {
  std::vector<std::string> names{"generator_loss", "cycle_loss"};
  if (options.identity_weight > 0) names.emplace_back("identity_loss");
  names.insert(names.end(), {"discriminator_a_loss", "discriminator_b_loss"});
  return names;
}

class CycleProcedure final : public Procedure {
 public:
  CycleProcedure(const CycleOptions& options, const ProcedureSetting& setting, const CycleNetworks& networks,
                 Communicator& communicator)
      : Procedure(setting),
        options_(options),
        setting_(setting),
        loss_(adversarial_loss(options.loss)),
        // LeastSquaresLoss is half of the squares already.
        generator_factor_(std::holds_alternative<LeastSquaresLoss>(options.loss) ? 2 : 1),
        discriminator_factor_(std::holds_alternative<LeastSquaresLoss>(options.loss) ? 1 : 0.5),
        translator_(networks.generators, networks.shapes, setting.compute),
        form_(translator_.form(setting.pixels)),
        schedule_({{.name = "cycle", .scalars = scalars_of(options), .batches = {1, 1}}}),
        communicator_(communicator),
        replicas_of_rank_(replicas_of_rank(setting, communicator)),
        generators_{{{"generator_a_to_b", networks.generators[0], options.generator.update, replicas_of_rank_,
                      numbers(), communicator},
                     {"generator_b_to_a", networks.generators[1], options.generator.update, replicas_of_rank_,
                      numbers(), communicator}}},
        discriminators_{{{"discriminator_a", networks.discriminators[0], options.discriminator.update,
                          replicas_of_rank_, numbers(), communicator},
                         {"discriminator_b", networks.discriminators[1], options.discriminator.update,
                          replicas_of_rank_, numbers(), communicator}}},
        pools_{{{options.pool_size, networks.shapes[0], setting.compute},
                {options.pool_size, networks.shapes[1], setting.compute}}} {}

  const Schedule& schedule() const override { return schedule_; }

  const SampleForm& sample_form() const override { return form_; }

  SampleSet sample(const SampleRequest& request) override { return translator_.sample(request); }

  Figures figures(const std::vector<Batch>& held_out) override {
    if (held_out.empty()) return {};
    return measure_translations(
        {.real = {held_out[0].fields.front(), held_out[1].fields.front()},
         .are_pairs = options_.held_out_pairs,
         .range = setting_.pixels[1] - setting_.pixels[0]},
        [&](std::size_t domain, const at::Tensor& images) { return translator_.translate(domain, images); });
  }

  std::vector<Player> players() override {
    return {generators_[0].as_player(), generators_[1].as_player(), discriminators_[0].as_player(),
            discriminators_[1].as_player()};
  }

  std::vector<NamedTensor> own_state() override {
    std::vector<NamedTensor> state = translator_.state();
    for (const std::size_t domain : kDomains)
      for (const NamedTensor& named : pools_[domain].state(domain == 0 ? "history_a" : "history_b"))
        state.push_back(named);
    return state;
  }

  const std::vector<StepPart>& step_parts() const override { return parts_; }

 private:
  // Behind the batch of each domain, where there is a history, what becomes of the images made for it.
  StepData prepare(std::int64_t step, StepData data) override {
    keep_first_images(step, {data[0].front(), data[1].front()});
    if (options_.pool_size == 0) return data;
    for (const std::size_t domain : kDomains) {
      const RandomStream stream(numbers().seed().seed,
                                {.purpose = CyclePurpose::history, .network = kDiscriminatorIds[domain]},
                                static_cast<std::uint32_t>(step));
      const at::Tensor decided = pools_[domain].decide(data[domain].front().global_batch_size, stream);
      data[domain].push_back({.fields = {send_to(setting_.compute.device(), decided)}});
    }
    return data;
  }

  // Both generators, then both discriminators, on what the generators made before their update: no pass needs
  // weights that another's gradients move, so these travel while later passes run.
  at::Tensor do_step(const Phase& /*phase*/, const StepData& data) override {
    const std::vector<DomainImages> slices = slices_of({data[0].front(), data[1].front()});
    CycleLosses losses;
    std::vector<PendingGradients> pending;
    pending.emplace_back(std::vector{&generators_[0], &generators_[1]});
    const OfDomains<at::Tensor> fakes = pass_generators(slices, pending.back(), losses);
    for (const std::size_t domain : kDomains) {
      const at::Tensor shown = exchange(domain, fakes[domain], data[domain]);
      pending.emplace_back(std::vector{&discriminators_[domain]});
      pass_discriminator(domain, slices, shown, pending.back(), losses.discriminators[domain]);
    }
    for (PendingGradients& gradients : pending) gradients.finish();
    for (OfDomains<TrainedNetwork>* networks : {&generators_, &discriminators_})
      for (TrainedNetwork& network : *networks) update(network);
    std::vector<at::Tensor> values{losses.generators.get(), losses.cycle.get()};
    if (options_.identity_weight > 0) values.push_back(losses.identity.get());
    for (const SumOfLosses& loss : losses.discriminators) values.push_back(loss.get());
    return at::stack(values);
  }

  void keep_first_images(std::int64_t step, const OfDomains<Batch>& batches) {
    const std::int64_t first = step * batches[0].global_batch_size;
    if (!translator_.wants(first)) return;
    for (const std::size_t domain : kDomains)
      translator_.keep(
          domain, first,
          gather_rows(batches[domain].fields.front(), batches[domain].global_batch_size, communicator_));
  }

  std::vector<DomainImages> slices_of(const OfDomains<Batch>& batches) const {
    const std::vector<Batch> of_a = split_rows(batches[0], replicas_of_rank_),
                             of_b = split_rows(batches[1], replicas_of_rank_);
    std::vector<DomainImages> slices;
    for (std::size_t i = 0; i < of_a.size(); ++i)
      slices.push_back({.real = {of_a[i].fields.front(), of_b[i].fields.front()},
                        .first_place = of_a[i].first_place,
                        .global_batch_size = of_a[i].global_batch_size});
    return slices;
  }

  // Returns what the generators made, this rank's rows, without a graph.
  OfDomains<at::Tensor> pass_generators(const std::vector<DomainImages>& slices, PendingGradients& pending,
                                        CycleLosses& losses) {
    const Frozen judge_a(discriminators_[0].arena), judge_b(discriminators_[1].arena);
    for (const TrainedNetwork& generator : generators_) generator.network->begin_update();
    OfDomains<std::vector<at::Tensor>> fakes;
    for (const DomainImages& slice : slices) {
      if (&slice != &slices.front()) pending.next_replica();
      const Translations made = pass_through_generators(slice);
      backward_through_generators(slice, made, judge_translations(slice, made, losses), losses);
      for (const std::size_t domain : kDomains) fakes[domain].push_back(made.fake[domain].detach());
    }
    return {at::cat(fakes[0]), at::cat(fakes[1])};
  }

  // The images of the domain that a generator translates to go through it in one batch with those that it
  // translates: rows do not depend on each other.
  Translations pass_through_generators(const DomainImages& slice) {
    const ScopedPart part(parts_[kGeneratorsForward], communicator_);
    Translations made;
    for (const std::size_t domain : kDomains) {
      const std::size_t to = other_domain(domain);
      Network& generator = *generators_[domain].network;
      if (has_identity_loss(slice, domain)) {
        const at::Tensor images =
            at::cat({slice.real[domain], with_channels(slice.real[to], slice.real[domain].size(1))});
        const std::vector<at::Tensor> both =
            generator.forward(images, context(slice, {CyclePass::there, CyclePass::identity})).chunk(2);
        made.fake[to] = both[0];
        made.same[to] = both[1];
      } else {
        made.fake[to] = generator.forward(slice.real[domain], context(slice, {CyclePass::there}));
      }
    }
    for (const std::size_t domain : kDomains)
      made.back[domain] = generators_[other_domain(domain)].network->forward(
          made.fake[other_domain(domain)], context(slice, {CyclePass::back}));
    return made;
  }

  // A generator that takes colours takes grey images, too, as three channels alike; none takes colours as
  // grey.
  bool has_identity_loss(const DomainImages& slice, std::size_t domain) const {
    return options_.identity_weight > 0 &&
           slice.real[other_domain(domain)].size(1) <= slice.real[domain].size(1);
  }

  // Returns the gradients of the adversarial losses at the generated images.
  OfDomains<at::Tensor> judge_translations(const DomainImages& slice, const Translations& made,
                                           CycleLosses& losses) {
    ScopedPart part(parts_[kDiscriminatorsForward], communicator_);
    OfDomains<at::Tensor> at_fake;
    Objective objective({}, 1);
    for (const std::size_t domain : kDomains) {
      at_fake[domain] = made.fake[domain].detach().requires_grad_(true);
      const at::Tensor logits = judge(domain, at_fake[domain]);
      const double factor = generator_factor_ * factor_of_patch(logits, slice.rows(), slice);
      const LossAndSlope loss = generator_loss(loss_, logits, factor);
      losses.generators += loss.sum * factor;
      objective.depends_on(logits, loss.slope);
    }
    part.enter(parts_[kDiscriminatorsBackward]);
    objective.backward({at_fake[0], at_fake[1]});
    return {at_fake[0].grad(), at_fake[1].grad()};
  }

  void backward_through_generators(const DomainImages& slice, const Translations& made,
                                   const OfDomains<at::Tensor>& gradients_at_fake, CycleLosses& losses) {
    const ScopedPart part(parts_[kGeneratorsBackward], communicator_);
    Objective objective({}, 1);
    const auto add_error = [&](const at::Tensor& image, const at::Tensor& target, double weight) {
      const double factor = weight / static_cast<double>(target[0].numel() * slice.global_batch_size);
      const LossAndSlope error = absolute_error(image, target, factor);
      objective.depends_on(image, error.slope);
      const at::Tensor loss = error.sum * factor;
      losses.generators += loss;
      return loss;
    };
    for (const std::size_t domain : kDomains) {
      objective.depends_on(made.fake[domain], gradients_at_fake[domain]);
      losses.cycle += add_error(made.back[domain], slice.real[domain], options_.cycle_weight);
      if (made.same[domain].defined())
        losses.identity += add_error(made.same[domain], slice.real[domain], options_.identity_weight);
    }
    objective.backward();
  }

  // What the discriminator of a domain is shown in place of this rank's new images.
  at::Tensor exchange(std::size_t domain, const at::Tensor& fakes, const std::vector<Batch>& batches) {
    const ScopedPart part(parts_[kHistory], communicator_);
    if (options_.pool_size == 0) return fakes;
    const Batch& batch = batches.front();
    return pools_[domain]
        .exchange(gather_rows(fakes, batch.global_batch_size, communicator_), batches[1].fields.front())
        .narrow(0, batch.first_place, batch.rows());
  }

  // fakes: of all slices.
  void pass_discriminator(std::size_t domain, const std::vector<DomainImages>& slices,
                          const at::Tensor& fakes, PendingGradients& pending, SumOfLosses& losses) {
    discriminators_[domain].network->begin_update();
    for (const DomainImages& slice : slices) {
      if (&slice != &slices.front()) pending.next_replica();
      ScopedPart part(parts_[kDiscriminatorsForward], communicator_);
      const at::Tensor fake = fakes.narrow(0, slice.first_place - slices.front().first_place, slice.rows());
      const at::Tensor both = judge(domain, at::cat({slice.real[domain], fake}));
      const std::vector<at::Tensor> logits = both.chunk(2);
      const double factor = discriminator_factor_ * factor_of_patch(both, 2 * slice.rows(), slice);
      const DiscriminatorLoss loss = discriminator_loss(loss_, logits[0], logits[1], factor);
      part.enter(parts_[kDiscriminatorsBackward]);
      Objective(loss.sum, factor)
          .depends_on(logits[0], loss.real)
          .depends_on(logits[1], loss.fake)
          .backward();
      losses += loss.sum * factor;
    }
  }

  // Logits [images x patches, 1].
  at::Tensor judge(std::size_t domain, const at::Tensor& images) {
    return discriminators_[domain].network->forward(images, {.training = true}).view({-1, 1});
  }

  // Losses are means over the patches of an image, and over the global batch.
  static double factor_of_patch(const at::Tensor& logits, std::int64_t images, const DomainImages& slice) {
    return static_cast<double>(images) / static_cast<double>(logits.size(0) * slice.global_batch_size);
  }

  ForwardContext context(const DomainImages& slice, std::initializer_list<CyclePass> passes) {
    ForwardContext context{.training = true, .seed = numbers().seed()};
    for (const CyclePass pass : passes)
      context.segments.push_back({.pass = pass, .first_place = slice.first_place, .rows = slice.rows()});
    return context;
  }

  void update(TrainedNetwork& trained) {
    const ScopedPart part(parts_[kOptimizer], communicator_);
    trained.update();
  }

  const CycleOptions options_;
  const ProcedureSetting setting_;
  const AdversarialLoss loss_;
  const double generator_factor_, discriminator_factor_;  // of that loss
  Translator translator_;
  const SampleForm form_;
  const Schedule schedule_;
  Communicator& communicator_;
  const std::int64_t replicas_of_rank_;
  OfDomains<TrainedNetwork> generators_, discriminators_;
  OfDomains<HistoryPool> pools_;
  std::vector<StepPart> parts_{{"generators_forward"},
                               {"generators_backward"},
                               {"discriminators_forward"},
                               {"discriminators_backward"},
                               {"history"},
                               {kOptimizerPart}};
};

}  // namespace

JoinRanks prepare_procedure(const CycleOptions& options, const ProcedureSetting& setting,
                            Communicator& communicator) {
  return [=, &communicator, networks = make_cycle_networks(options, setting, communicator)] {
    return std::make_unique<CycleProcedure>(options, setting, networks, communicator);
  };
}

}  // namespace ganymede
