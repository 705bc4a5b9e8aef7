#include "procedures/trained_network.hpp"

#include "base/error.hpp"
#include "networks/batch_normalization.hpp"
#include "optimization/gradient_clipping.hpp"

namespace ganymede {

std::int64_t replicas_of_rank(const ProcedureSetting& setting, const Communicator& communicator) {
  const std::int64_t replicas = setting.replicas.value_or(communicator.size());
  ensure(replicas % communicator.size() == 0, "ranks divide the virtual replicas");
  return replicas / communicator.size();
}

TrainedNetwork::TrainedNetwork(std::string called, std::shared_ptr<Network> made,
                               const UpdateOptions& options, std::int64_t replicas_of_rank,
                               StepNumbers& numbers, Communicator& communicator)
    : name(std::move(called)),
      network(std::move(made)),
      arena(*network, communicator.gradients()),
      optimizer(make_optimizer(options.optimizer, arena)),
      averager(arena, replicas_of_rank, name),
      rate_factor_(numbers.add_rate_factor(options.schedule)),
      clip_gradient_norm_(options.clip_gradient_norm) {}

void TrainedNetwork::update() {
  if (clip_gradient_norm_) clip_gradient_norm(arena, *clip_gradient_norm_);
  optimizer->step(rate_factor_);
  if (weight_bound) clamp_weights(*weight_bound);
  if (average) average->update();
  arena.publish();
}

void TrainedNetwork::forget_gradients() {
  for (const Optimizer::State& state : optimizer->state())
    for (const at::Tensor& own :
         state.like_arena ? arena.owned_parts(state.tensor) : std::vector{state.tensor})
      own.zero_();
}

void TrainedNetwork::start_average(double decay) {
  std::vector<at::Tensor> statistics;
  for (const auto& [_, buffer] : running_statistics(*network)) statistics.push_back(buffer);
  average.emplace(arena, decay, std::move(statistics));
}

void TrainedNetwork::clamp_weights(double bound) {
  const at::NoGradGuard no_grad;
  for (at::Tensor& part : arena.owned_parts(arena.values())) part.clamp_(-bound, bound);
}

Player TrainedNetwork::as_player() {
  Player player{.name = name, .network = network, .arena = arena, .optimizer = *optimizer};
  if (!average) return player;
  player.average = average->values();
  const auto statistics = running_statistics(*network);
  for (std::size_t i = 0; i < statistics.size(); ++i)
    player.average_buffers.emplace_back(statistics[i].first, average->statistics()[i].average);
  return player;
}

}  // namespace ganymede
