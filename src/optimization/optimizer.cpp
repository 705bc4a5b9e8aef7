#include "optimization/optimizer.hpp"

#include <ATen/ops/_fused_adam.h>

namespace ganymede {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const AdamOptions& options, ParameterArena& arena)
      : options_(options),
        arena_(arena),
        first_moment_(at::zeros_like(arena.values())),
        second_moment_(at::zeros_like(arena.values())),
        steps_(at::zeros({1}, at::kFloat)) {}

  void step() override {
    at::NoGradGuard no_grad;
    steps_.add_(1);
    at::_fused_adam_({arena_.values()}, {arena_.gradients()}, {first_moment_}, {second_moment_}, {}, {steps_},
                     options_.learning_rate, options_.beta1, options_.beta2, /*weight_decay=*/0.0,
                     options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  }

  std::vector<State> state() override {
    return {{"first_moment", first_moment_}, {"second_moment", second_moment_}, {"steps", steps_}};
  }

 private:
  const AdamOptions options_;
  ParameterArena& arena_;
  at::Tensor first_moment_;
  at::Tensor second_moment_;
  at::Tensor steps_;  // float32 [1], as the fused kernel wants it: exact up to 2^24 steps
};

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, ParameterArena& arena) {
  return std::visit(
      [&](const AdamOptions& adam) -> std::unique_ptr<Optimizer> {
        return std::make_unique<Adam>(adam, arena);
      },
      options);
}

}  // namespace ganymede
