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

  void step(double rate_factor) override {
    at::NoGradGuard no_grad;
    steps_.add_(1);
    at::_fused_adam_({arena_.values()}, {arena_.gradients()}, {first_moment_}, {second_moment_}, {}, {steps_},
                     options_.learning_rate * rate_factor, options_.beta1, options_.beta2,
                     /*weight_decay=*/0.0, options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
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

class Rmsprop final : public Optimizer {
 public:
  Rmsprop(const RmspropOptions& options, ParameterArena& arena)
      : options_(options), arena_(arena), mean_square_(at::zeros_like(arena.values())) {}

  void step(double rate_factor) override {
    at::NoGradGuard no_grad;
    const at::Tensor& gradients = arena_.gradients();
    mean_square_.mul_(options_.decay).addcmul_(gradients, gradients, 1 - options_.decay);
    arena_.values().addcdiv_(gradients, mean_square_.sqrt().add_(options_.epsilon),
                             -options_.learning_rate * rate_factor);
  }

  std::vector<State> state() override { return {{"mean_square", mean_square_}}; }

 private:
  const RmspropOptions options_;
  ParameterArena& arena_;
  at::Tensor mean_square_;
};

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdOptions& options, ParameterArena& arena) : options_(options), arena_(arena) {
    if (options.momentum > 0) velocity_ = at::zeros_like(arena.values());
  }

  void step(double rate_factor) override {
    at::NoGradGuard no_grad;
    at::Tensor direction = arena_.gradients();
    if (velocity_.defined()) direction = velocity_.mul_(options_.momentum).add_(arena_.gradients());
    arena_.values().add_(direction, -options_.learning_rate * rate_factor);
  }

  std::vector<State> state() override {
    if (!velocity_.defined()) return {};
    return {{"velocity", velocity_}};
  }

 private:
  const SgdOptions options_;
  ParameterArena& arena_;
  at::Tensor velocity_;  // undefined without momentum
};

std::unique_ptr<Optimizer> make(const AdamOptions& options, ParameterArena& arena) {
  return std::make_unique<Adam>(options, arena);
}
std::unique_ptr<Optimizer> make(const RmspropOptions& options, ParameterArena& arena) {
  return std::make_unique<Rmsprop>(options, arena);
}
std::unique_ptr<Optimizer> make(const SgdOptions& options, ParameterArena& arena) {
  return std::make_unique<Sgd>(options, arena);
}

}  // namespace

std::unique_ptr<Optimizer> make_optimizer(const OptimizerOptions& options, ParameterArena& arena) {
  return std::visit([&](const auto& one) { return make(one, arena); }, options);
}

}  // namespace ganymede
