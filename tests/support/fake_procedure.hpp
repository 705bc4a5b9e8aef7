// A procedure that is like no real one: two phases, two sources, three scalars, a memory of its own, and
// samples that are texts. It shows that nothing outside a procedure knows what it does.
#pragma once

#include "base/error.hpp"
#include "networks/linear.hpp"
#include "procedures/trained_network.hpp"

namespace ganymede {

inline const DataSpec kFakeNumbers = point_spec(3);
inline const DataSpec kFakeWords{
    .fields = {{.name = "words", .meaning = Meaning::tokens, .shape = {5}, .values = 50}}};

class FakeNetwork final : public Network {
 public:
  FakeNetwork() : layer_(register_module("layer", torch::nn::Linear(3, 1))) {
    const at::NoGradGuard no_grad;
    layer_->weight.copy_(at::tensor({0.5, -0.25, 1.0}).view({1, 3}));
    layer_->bias.zero_();
    to(at::kDouble);
  }
  at::Tensor forward(const at::Tensor& input, const ForwardContext&) override {
    return linear(layer_, input);
  }
  std::int64_t hidden_layers() const override { return 0; }

 private:
  torch::nn::Linear layer_;
};

class FakeProcedure final : public Procedure {
 public:
  // Collective. warming: steps of its first phase.
  explicit FakeProcedure(Communicator& communicator, std::int64_t warming = 4)
      : Procedure({.compute = at::kDouble}),
        communicator_(communicator),
        trained_("model", std::make_shared<FakeNetwork>(), {.optimizer = AdamOptions{}}, 1, numbers(),
                 communicator),
        schedule_(
            {{.name = "warming", .scalars = {"warming_loss"}, .batches = {2, 0}, .steps = warming},
             {.name = "going", .scalars = {"going_loss", "word_mean", "memory_norm"}, .batches = {1, 3}}}) {}

  const Schedule& schedule() const override { return schedule_; }

  // Its weights are not the other ranks' from then on.
  void spoil_weights_after(std::int64_t steps) { spoilt_after_ = steps; }

  at::Tensor do_step(const Phase& phase, const StepData& data) override {
    const double loss = minimise_square(data[0].back());
    if (numbers().seed().step + 1 == spoilt_after_) trained_.arena.values().add_(1e-3);
    if (&phase == &schedule_.phases().front()) return at::full({1}, loss, at::kDouble);
    at::Tensor words = at::zeros({5}, at::kDouble);
    for (const Batch& batch : data[1])
      words += batch.fields[0].to(at::kDouble).sum(0) / static_cast<double>(3 * batch.global_batch_size);
    const double mean = words.mean().item<double>();
    communicator_.all_reduce_sum_(words);
    memory_.mul_(0.5).add_(words);
    return at::tensor({loss, mean, memory_.norm().item<double>() / communicator_.size()}, at::kDouble);
  }

  const SampleForm& sample_form() const override { return form_; }
  SampleSet sample(const SampleRequest& request) override {
    SampleSet samples;
    const auto* asked = std::get_if<std::string>(&request.of);
    for (std::int64_t i = 0; i < request.count; ++i)
      samples.texts.push_back(fmt::format("{} {} of {:.3f}", asked ? *asked : "sample",
                                          request.first_place + i, memory_[0].item<double>()));
    return samples;
  }

  std::vector<Player> players() override { return {trained_.as_player()}; }
  std::vector<NamedTensor> own_state() override { return {{"memory", memory_}}; }
  const std::vector<StepPart>& step_parts() const override { return parts_; }

 private:
  // Of what the model says of the batch's numbers.
  double minimise_square(const Batch& batch) {
    auto pending = trained_.averager.begin();
    const at::Tensor loss = trained_.network->forward(batch.fields[0], {}).square().sum() /
                            static_cast<double>(batch.global_batch_size);
    loss.backward();
    pending.finish();
    const ScopedPart part(parts_[0], communicator_);
    trained_.update();
    return loss.item<double>();
  }

  Communicator& communicator_;
  TrainedNetwork trained_;
  const Schedule schedule_;
  const SampleForm form_{.kind = SampleForm::Kind::texts, .inputs = {SampleInput::text}};
  std::optional<std::int64_t> spoilt_after_ = {};
  at::Tensor memory_ = at::zeros({5}, at::kDouble);
  std::vector<StepPart> parts_{{kOptimizerPart}};
};

}  // namespace ganymede
