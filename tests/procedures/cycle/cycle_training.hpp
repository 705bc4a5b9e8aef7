// A small CycleGAN and images for it, of which any process can make any rows of any step.
#pragma once

#include <gtest/gtest.h>

#include "kernels/random_tensor.hpp"
#include "procedures/cycle/cycle_procedure.hpp"
#include "procedures/training_state.hpp"

namespace ganymede {

inline constexpr std::int64_t kCycleRows = 6;
inline constexpr std::uint64_t kCycleSeed = 4;
inline constexpr ImageShape kGreyShape{.channels = 1, .height = 8, .width = 12};
inline constexpr ImageShape kColourShape{.channels = 3, .height = 8, .width = 12};

// Adam turns gradients that only rounding makes into steps of a learning rate; its epsilon keeps them out. At
// ten times the rate, weights of 0.02 turn so far in a step that rounding grows tenfold with each.
inline CycleOptions small_cycle_options() {
  const UpdateOptions update{.optimizer = AdamOptions{.learning_rate = 2e-4, .beta1 = 0.5, .epsilon = 1e-5},
                             .schedule = {.decay = LinearDecay{.start = 4, .steps = 12}}};
  return {.identity_weight = 0,
          .pool_size = 10,
          .generator = {.network = ResnetGeneratorOptions{.width = 3, .residual_blocks = 2, .dropout = 0.25},
                        .update = update},
          .discriminator = {.network = PatchDiscriminatorOptions{.width = 4, .layers = 1}, .update = update}};
}

struct CycleSetting {
  CycleOptions options = small_cycle_options();
  std::array<ImageShape, 2> shapes{kGreyShape, kColourShape};
  std::optional<std::int64_t> replicas = {};
  at::TensorOptions compute = at::kDouble;
  std::uint64_t seed = kCycleSeed;
  std::int64_t global_batch_size = kCycleRows;
  std::int64_t pixel_size = 1;  // images are noise of so many pixels a side, with soft edges
};

inline CycleSetting colours_with_identity_loss() {
  CycleSetting setting{.shapes = {kColourShape, kColourShape}};
  setting.options.identity_weight = 2;
  return setting;
}

inline std::unique_ptr<Procedure> make_cycle(const CycleSetting& setting, Communicator& communicator) {
  return prepare_procedure(setting.options,
                           {.seed = setting.seed,
                            .sources = {image_spec(setting.shapes[0]), image_spec(setting.shapes[1])},
                            .compute = setting.compute,
                            .replicas = setting.replicas},
                           communicator)();
}

inline Batch cycle_batch(const CycleSetting& setting, std::size_t source, std::int64_t step,
                         PlaceRange places) {
  const ImageShape& shape = setting.shapes[source];
  const RandomStream stream(setting.seed,
                            {.purpose = Purpose::test, .layer = static_cast<std::uint8_t>(source)},
                            static_cast<std::uint32_t>(step));
  const at::Tensor noise = draw_uniform(
      stream, places.first,
      {places.count, shape.channels, shape.height / setting.pixel_size, shape.width / setting.pixel_size}, -1,
      1, setting.compute);
  return {.fields = {setting.pixel_size == 1
                         ? noise
                         : at::upsample_bilinear2d(noise, {shape.height, shape.width}, false)},
          .first_place = places.first,
          .global_batch_size = setting.global_batch_size,
          .epoch = 0,
          .number = step};
}

// The scalars of one step, over all ranks.
inline std::vector<double> take_cycle_step(Procedure& procedure, const CycleSetting& setting,
                                           std::int64_t step, Communicator& communicator) {
  const PlaceRange places =
      places_of_rank(setting.global_batch_size, communicator.rank(), communicator.size());
  const at::Tensor sums =
      procedure.step(step, {{cycle_batch(setting, 0, step, places)}, {cycle_batch(setting, 1, step, places)}})
          .cpu();
  communicator.all_reduce_sum_(sums);
  const auto* values = sums.const_data_ptr<double>();
  return {values, values + sums.numel()};
}

struct CycleTraining {
  std::vector<std::vector<double>> scalars;  // [step]
  TrainingState state;
};

inline CycleTraining train_cycle(const CycleSetting& setting, std::int64_t steps,
                                 Communicator& communicator) {
  const auto procedure = make_cycle(setting, communicator);
  CycleTraining training;
  for (std::int64_t step = 0; step < steps; ++step)
    training.scalars.push_back(take_cycle_step(*procedure, setting, step, communicator));
  training.state = take_snapshot(*procedure);
  return training;
}

// Losses, weights, moments and pools.
inline void expect_close(const CycleTraining& found, const CycleTraining& expected) {
  ASSERT_EQ(found.scalars.size(), expected.scalars.size());
  for (std::size_t step = 0; step < expected.scalars.size(); ++step)
    for (std::size_t i = 0; i < expected.scalars[step].size(); ++i)
      EXPECT_NEAR(found.scalars[step][i], expected.scalars[step][i], 1e-9) << "step " << step;
  ASSERT_EQ(found.state.size(), expected.state.size());
  for (std::size_t i = 0; i < expected.state.size(); ++i) {
    const at::Tensor mine = found.state[i].tensor.to(at::kDouble),
                     other = expected.state[i].tensor.to(at::kDouble);
    EXPECT_LE((mine - other).abs().max().item<double>(), 1e-7 * other.abs().max().item<double>())
        << expected.state[i].name;
  }
}

inline at::Tensor tensor_of(const TrainingState& state, const std::string& name) {
  for (const NamedTensor& named : state)
    if (named.name == name) return named.tensor;
  ADD_FAILURE() << name << " is not in the state";
  return {};
}

}  // namespace ganymede
