#include "optimization/optimizer.hpp"

#include "kernels/fused_updates.hpp"

namespace ganymede {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const AdamOptions& options, ParameterArena& arena)
      : Optimizer(arena),
        options_(options),
        first_moment_(arena.allocate_like_values()),
        second_moment_(arena.allocate_like_values()),
        steps_(at::zeros({1}, at::kFloat)),
        values_(arena.owned_parts(arena.values())),
        gradients_(arena.owned_parts(arena.gradients())),
        first_moments_(arena.owned_parts(first_moment_)),
        second_moments_(arena.owned_parts(second_moment_)) {}

  void step(double rate_factor) override {
    const AdamStep step{.number = (*steps_.mutable_data_ptr<float>() += 1),
                        .rate = options_.learning_rate * rate_factor,
                        .beta1 = options_.beta1,
                        .beta2 = options_.beta2,
                        .epsilon = options_.epsilon};
    for (std::size_t i = 0; i < values_.size(); ++i)
      adam_(values_[i], gradients_[i], first_moments_[i], second_moments_[i], step, not_finite_);
  }

  std::vector<State> state() override {
    return {{"first_moment", first_moment_, true},
            {"second_moment", second_moment_, true},
            {"steps", steps_, false}};
  }

 private:
  const AdamOptions options_;
  at::Tensor first_moment_, second_moment_;
  at::Tensor steps_;  // float32 [1]: exact up to 2^24 steps
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

  void step(double rate_factor) override {
    for (std::size_t i = 0; i < values_.size(); ++i)
      rmsprop_(values_[i], gradients_[i], mean_squares_[i], options_.learning_rate * rate_factor,
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

  void step(double rate_factor) override {
    at::NoGradGuard no_grad;
    const double rate = options_.learning_rate * rate_factor;
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (velocity_.defined())
        momentum_(values_[i], gradients_[i], velocities_[i], rate, options_.momentum, not_finite_);
      else
        not_finite_.bitwise_or_(values_[i].add_(gradients_[i], -rate).sum().isfinite().logical_not());
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
