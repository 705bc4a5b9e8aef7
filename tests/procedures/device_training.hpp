// A procedure that one rank trains on a device, and small ones of each kind to train.
#pragma once

#include "distributed/lone_communicator.hpp"
#include "procedures/training_state.hpp"
#include "tests/doubles/device_memory_exchange.hpp"
#include "tests/procedures/adversarial/parts.hpp"
#include "tests/procedures/brought_batches.hpp"
#include "tests/procedures/cycle/cycle_training.hpp"
#include "tests/procedures/sequence/sentences.hpp"
#include "tests/support/tested_device.hpp"

namespace ganymede {

using MakeExchange = std::function<std::unique_ptr<GradientExchange>(Communicator&, at::Device)>;

inline std::unique_ptr<GradientExchange> make_device_memory_exchange(Communicator& communicator,
                                                                     at::Device device) {
  return std::make_unique<DeviceMemoryExchange>(communicator, device);
}

class DeviceTraining {
 public:
  template <typename Options>
  DeviceTraining(at::Device device, const Options& options, std::vector<DataSpec> sources, std::uint64_t seed,
                 at::ScalarType dtype = at::kDouble,
                 const MakeExchange& make_exchange = make_device_memory_exchange,
                 bool mixed_precision = false)
      : batches_(device) {
    communicator_.carry_gradients_by(make_exchange(communicator_, device));
    procedure_ = prepare_procedure(options,
                                   {.seed = seed,
                                    .sources = std::move(sources),
                                    .compute = at::TensorOptions(dtype).device(device),
                                    .mixed_precision = mixed_precision},
                                   communicator_)();
  }

  Procedure& procedure() { return *procedure_; }
  // From now on its steps are recorded and taken again (StepGraphs).
  void record_steps() {
    procedure_->record_steps(std::make_unique<StepGraphs>(tested_recorder(), communicator_));
  }

  // Batches of host memory on its device.
  StepData bring(const StepData& data) { return batches_.bring(data); }

 private:
  BroughtBatches batches_;
  LoneCommunicator communicator_;
  std::unique_ptr<Procedure> procedure_;
};

// largest |found - expected| by the largest number expected, or by 1.
inline double largest_error(const at::Tensor& found, const at::Tensor& expected) {
  if (expected.numel() == 0) return 0;
  const at::Tensor here = found.to(at::kDouble), there = expected.to(at::kDouble);
  return ((here - there).abs().max() / there.abs().max().clamp_min(1)).item<double>();
}

inline void expect_same_state(const TrainingState& found, const TrainingState& expected, double tolerance) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(found[i].name, expected[i].name);
    EXPECT_TRUE(found[i].tensor.is_cpu());
    EXPECT_LE(largest_error(found[i].tensor, expected[i].tensor), tolerance) << expected[i].name;
  }
}

inline void expect_same_bits(const TrainingState& found, const TrainingState& expected) {
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_TRUE(at::equal(found[i].tensor, expected[i].tensor)) << expected[i].name;
}

// What becomes of any procedure: check(options, sources, batches_of, tolerance) for one of each kind.
// batches_of(procedure, step) are in host memory.
template <typename Check>
void check_each_kind(const Check& check) {
  for (const char* part : {"simultaneous", "ema", "text_everything"}) {
    const testing::ScopedTrace trace(__FILE__, __LINE__, part);
    const AdversarialOptions options = part_options(part);
    check(
        options, std::vector{kPartSpec},
        [&](const Procedure&, std::int64_t step) {
          return StepData{part_batches(kCycleSeed, step, options, {0, kPartBatchSize}, at::kDouble)};
        },
        1e-9);
  }
  {
    const testing::ScopedTrace trace(__FILE__, __LINE__, "sequences");
    auto options = part_options<SequenceOptions>("sequences.json", "sequence", "baseline");
    options.likelihood_steps = 5;
    options.discriminator_start = 4;
    check(
        options, std::vector{kSentenceSpec},
        [](const Procedure& procedure, std::int64_t step) {
          return sentences_of_step(procedure, step, {0, kSentences});
        },
        1e-9);
  }
  const testing::ScopedTrace trace(__FILE__, __LINE__, "cycles");
  const CycleSetting setting = colours_with_identity_loss();
  check(
      setting.options, std::vector{image_spec(setting.shapes[0]), image_spec(setting.shapes[1])},
      [&](const Procedure&, std::int64_t step) {
        const PlaceRange places{0, setting.global_batch_size};
        return StepData{{cycle_batch(setting, 0, step, places)}, {cycle_batch(setting, 1, step, places)}};
      },
      1e-7);  // as between numbers of ranks
}

}  // namespace ganymede
