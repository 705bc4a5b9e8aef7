// Whole procedures on devices of several ranks, gradients over NCCL (doubles of both, or the real ones), step
// by step and from recordings of the steps, against one rank on the CPU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "distributed/loopback_communicator.hpp"
#include "storage/checksum.hpp"
#include "tests/procedures/adversarial/parts.hpp"
#include "tests/procedures/adversarial/rank_comparison.hpp"
#include "tests/procedures/brought_batches.hpp"
#include "tests/procedures/cycle/cycle_training.hpp"
#include "tests/procedures/rank_on_device.hpp"
#include "tests/procedures/sequence/sentences.hpp"

namespace ganymede {
namespace {

constexpr int kSteps = 12;
constexpr std::uint64_t kSeed = 3;

enum class Steps { eager, recorded };

struct Course {
  std::vector<std::vector<double>> scalars;  // [step], over all ranks
  std::uint32_t weights = 0;                 // their checksum, at the end
  std::int64_t replays = 0;                  // steps taken from recordings
};

// batches_of(procedure, step, rank): [source][batch] of this rank, in host memory.
template <typename Options, typename BatchesOf>
Course train(const Options& options, const std::vector<DataSpec>& sources, at::Device device,
             const BatchesOf& batches_of, Communicator& communicator, Steps steps = Steps::eager) {
  const auto procedure = prepare_procedure(
      options, {.seed = kSeed, .sources = sources, .compute = at::TensorOptions(at::kDouble).device(device)},
      communicator)();
  if (steps == Steps::recorded)
    procedure->record_steps(std::make_unique<StepGraphs>(tested_recorder(), communicator));
  Course course;
  BroughtBatches brought(device);
  for (std::int64_t step = 0; step < kSteps; ++step) {
    const StepData data = brought.bring(batches_of(*procedure, step, communicator));
    const at::Tensor parts = procedure->step(step, data).cpu();
    communicator.all_reduce_sum_(parts);
    course.scalars.emplace_back(parts.const_data_ptr<double>(),
                                parts.const_data_ptr<double>() + parts.numel());
  }
  communicator.gradients().wait();
  for (const Player& player : procedure->players())
    course.weights = crc32_of_tensor(player.arena.values().cpu(), course.weights);
  if (steps == Steps::recorded) course.replays = procedure->graphs()->replays();
  return course;
}

// phases: all but the first steps of each are taken from a recording.
template <typename Options, typename BatchesOf>
void expect_same_on_devices(const Options& options, const std::vector<DataSpec>& sources, int phases,
                            NcclSums sums, const BatchesOf& batches_of) {
  Course found, recorded;
  {
    RankOnDevice rank(sums);
    found = train(options, sources, tested_device(), batches_of, rank.communicator());
    recorded = train(options, sources, tested_device(), batches_of, rank.communicator(), Steps::recorded);
  }
  expect_equal_replicas(found.weights);
  EXPECT_EQ(recorded.replays, kSteps - phases * StepGraphs::kEagerSteps);
  EXPECT_EQ(recorded.scalars, found.scalars);
  EXPECT_EQ(recorded.weights, found.weights);
  if (world().rank() != 0) return;
  run_loopback_ranks(1, [&](Communicator& one) {
    const auto alone = train(options, sources, at::kCPU, batches_of, one).scalars;
    for (const Course* course : {&found, &recorded})
      for (std::size_t step = 0; step < kSteps; ++step)
        for (std::size_t i = 0; i < alone[step].size(); ++i)
          EXPECT_NEAR(course->scalars[step][i], alone[step][i],
                      1e-9 * std::max(1.0, std::abs(alone[step][i])))
              << (course == &found ? "eager" : "recorded") << " step " << step << ", scalar " << i;
  });
}

// Those that say something of their own: sums of statistics and features, clipping, several networks in a
// pass.
class PartOverNccl : public testing::TestWithParam<std::tuple<std::string, NcclSums>> {};

TEST_P(PartOverNccl, IsThatOfOneRank) {
  const auto& [name, sums] = GetParam();
  const AdversarialOptions options = part_options(name);
  expect_same_on_devices(options, {kPartSpec}, /*phases=*/1, sums,
                         [&](const Procedure&, std::int64_t step, const Communicator& ranks) {
                           const PlaceRange places =
                               places_of_rank(kPartBatchSize, ranks.rank(), ranks.size(), options.packing);
                           return StepData{part_batches(kSeed, step, options, places, at::kDouble)};
                         });
}

INSTANTIATE_TEST_SUITE_P(Parts, PartOverNccl,
                         testing::Combine(testing::Values("bce", "simultaneous", "gradient_penalty",
                                                          "feature_matching", "packing", "labels_dcgan",
                                                          "text_everything", "clip_gradient_norm"),
                                          testing::Values(NcclSums::everywhere, NcclSums::scattered)),
                         [](const auto& part) {
                           return std::get<0>(part.param) + (std::get<1>(part.param) == NcclSums::everywhere
                                                                 ? "_everywhere"
                                                                 : "_scattered");
                         });

TEST(SequencesOverNccl, AreThoseOfOneRank) {
  auto options = part_options<SequenceOptions>("sequences.json", "sequence", "baseline");
  options.likelihood_steps = options.discriminator_start = 3;
  const auto sentences_of = [](const Procedure& procedure, std::int64_t step, const Communicator& ranks) {
    return sentences_of_step(procedure, step, places_of_rank(kSentences, ranks.rank(), ranks.size()));
  };
  expect_same_on_devices(options, {kSentenceSpec}, /*phases=*/3, NcclSums::everywhere, sentences_of);
}

TEST(CyclesOverNccl, AreThoseOfOneRank) {
  const CycleSetting setting = colours_with_identity_loss();
  expect_same_on_devices(
      setting.options, {image_spec(setting.shapes[0]), image_spec(setting.shapes[1])}, /*phases=*/1,
      NcclSums::everywhere, [&](const Procedure&, std::int64_t step, const Communicator& ranks) {
        const PlaceRange places = places_of_rank(setting.global_batch_size, ranks.rank(), ranks.size());
        return StepData{{cycle_batch(setting, 0, step, places)}, {cycle_batch(setting, 1, step, places)}};
      });
}

}  // namespace
}  // namespace ganymede
