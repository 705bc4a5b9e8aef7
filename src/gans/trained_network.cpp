#include "gans/trained_network.hpp"

#include "optimization/gradient_clipping.hpp"

namespace ganymede {

TrainedNetwork::TrainedNetwork(std::shared_ptr<Network> made, const UpdateOptions& options,
                               Communicator& communicator)
    : network(std::move(made)),
      arena(*network),
      optimizer(make_optimizer(options.optimizer, arena)),
      averager(arena, communicator),
      schedule_(options.schedule),
      clip_gradient_norm_(options.clip_gradient_norm) {}

void TrainedNetwork::update(std::int64_t step) {
  if (clip_gradient_norm_) clip_gradient_norm(arena, *clip_gradient_norm_);
  optimizer->step(rate_factor(schedule_, step));
  if (average) average->update();
}

Player TrainedNetwork::as_player(const std::string& name) {
  return {.name = name,
          .network = network,
          .arena = arena,
          .optimizer = *optimizer,
          .average = average ? average->values() : at::Tensor()};
}

}  // namespace ganymede
