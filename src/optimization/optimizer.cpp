#include "optimization/optimizer.hpp"

#include "kernels/fused_updates.hpp"

namespace ganymede {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const AdamOptions& options, ParameterArena& arena)
      : Optimizer(arena),
        numbers_{.rate = options.learning_rate,
                 .beta1 = options.beta1,
                 .beta2 = options.beta2,
                 .epsilon = options.epsilon},
        first_moment_(arena.allocate_like_values()),
        second_moment_(arena.allocate_like_values()),
        steps_(at::zeros({1}, arena.values().options().dtype(at::kFloat))),
        factors_(at::zeros({2}, steps_.options().dtype(at::kDouble))),
        values_(arena.owned_parts(arena.values())),
        gradients_(arena.owned_parts(arena.gradients())),
        first_moments_(arena.owned_parts(first_moment_)),
        second_moments_(arena.owned_parts(second_moment_)) {}

  void step(const at::Tensor& rate_factor) override {
    begin_adam_(steps_, factors_, numbers_, rate_factor);
    for (std::size_t i = 0; i < values_.size(); ++i)
      adam_(values_[i], gradients_[i], first_moments_[i], second_moments_[i], numbers_, factors_,
            not_finite_);
  }

  std::vector<State> state() override {
    return {{"first_moment", first_moment_, true},
            {"second_moment", second_moment_, true},
            {"steps", steps_, false}};
  }

 private:
  const AdamNumbers numbers_;
  at::Tensor first_moment_, second_moment_;
  at::Tensor steps_;    // float32 [1]: exact up to 2^24 steps
  at::Tensor factors_;  // float64 [2], of the last one
  const std::vector<at::Tensor> values_, gradients_, first_moments_, second_moments_;  // [part]
};

class Rmsprop final : public Optimizer {
 public:
  Rmsprop(const RmspropOptions& options, ParameterArena& arena)
      : Optimizer(arena),
        options_(options),
        mean_square_(arena.allocate_like_values()),
        values_(arena.owned_parts(arena.values())),
        gradients_(arena.owned_parts(arena.gradients())),
        mean_squares_(arena.owned_parts(mean_square_)) {}

  void step(const at::Tensor& rate_factor) override {
    for (std::size_t i = 0; i < values_.size(); ++i)
      rmsprop_(values_[i], gradients_[i], mean_squares_[i], options_.learning_rate, rate_factor,
               options_.decay, options_.epsilon, not_finite_);
  }

  std::vector<State> state() override { return {{"mean_square", mean_square_, true}}; }

 private:
  const RmspropOptions options_;
  at::Tensor mean_square_;
  const std::vector<at::Tensor> values_, gradients_, mean_squares_;  // [part]
};

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdOptions& options, ParameterArena& arena)
      : Optimizer(arena),
        options_(options),
        values_(arena.owned_parts(arena.values())),
        gradients_(arena.owned_parts(arena.gradients())) {
    if (options.momentum == 0) return;
    velocity_ = arena.allocate_like_values();
    velocities_ = arena.owned_parts(velocity_);
  }

  void step(const at::Tensor& rate_factor) override {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (velocity_.defined())
        momentum_(values_[i], gradients_[i], velocities_[i], options_.learning_rate, rate_factor,
                  options_.momentum, not_finite_);
      else
        descend_(values_[i], gradients_[i], options_.learning_rate, rate_factor, not_finite_);
    }
  }

  std::vector<State> state() override {
    if (!velocity_.defined()) return {};
    return {{"velocity", velocity_, true}};
  }

 private:
  const SgdOptions options_;
  const std::vector<at::Tensor> values_, gradients_;  // [part]
  at::Tensor velocity_;                               // undefined without momentum
  std::vector<at::Tensor> velocities_;
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
