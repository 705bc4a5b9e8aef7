// A run of the fake procedure through the real loop, as a session makes it.
#pragma once

#include "data/format/dataset_writer.hpp"
#include "distributed/agreement.hpp"
#include "reporting/metrics_log.hpp"
#include "reporting/sample_writer.hpp"
#include "tests/support/fake_procedure.hpp"
#include "training/checkpoint_saver.hpp"
#include "training/trainer.hpp"

namespace ganymede {

// 40 triples of numbers and 30 sentences, in folders below.
inline std::vector<DatasetIndex> write_fake_datasets(const std::filesystem::path& folder) {
  const auto write = [&](const char* name, const DataSpec& spec, const at::Tensor& rows) {
    DatasetWriter writer(
        {.folder = folder / name, .samples = rows.size(0), .spec = spec, .rows_per_chunk = 4});
    writer.append({rows});
    return writer.finish();
  };
  return {write("numbers", kFakeNumbers, at::arange(120).div(60.0).sub(1).view({40, 3}).to(at::kFloat)),
          write("words", kFakeWords, at::arange(150).remainder(50).view({30, 5}).to(at::kInt))};
}

inline Sources open_sources(const std::vector<DatasetIndex>& indices, const Schedule& schedule,
                            std::int64_t step, const Communicator& communicator) {
  Sources sources;
  for (std::size_t i = 0; i < indices.size(); ++i)
    sources.push_back(
        std::make_unique<BatchLoader>(indices[i],
                                      BatchLoaderOptions{.seed = 7,
                                                         .source = static_cast<std::uint8_t>(i),
                                                         .global_batch_size = 6,
                                                         .dtype = at::kDouble,
                                                         .first_batch = schedule.batches_before(step, i)},
                                      communicator.rank(), communicator.size()));
  return sources;
}

// Goes on from the newest checkpoint of the folder to options.steps; leaves metrics, samples and checkpoints
// there. Collective.
inline std::uint32_t train_fake(const std::filesystem::path& folder, const std::vector<DatasetIndex>& indices,
                                const TrainOptions& options, Communicator& communicator) {
  FakeProcedure procedure(communicator);
  CheckpointStore store(folder / "checkpoints");
  CheckpointInfo start{.sources = TrainedOn::of(indices)};
  agree_on_root(communicator, [&] {
    std::filesystem::create_directories(folder / "samples");
    const auto found = store.use_newest(
        [&](const Checkpoint& checkpoint) { restore_state(checkpoint.state, procedure, "the checkpoint"); });
    if (found) start.step = found->step;
  });
  const at::Tensor step = at::full({1}, start.step, at::kLong);
  communicator.broadcast_(step);
  start.step = step.item<std::int64_t>();
  broadcast_state(communicator, procedure);
  Listeners listeners;
  if (communicator.rank() == 0) {
    listeners.push_back(std::make_unique<MetricsLog>(folder / "metrics.jsonl", start.step));
    listeners.push_back(
        std::make_unique<SampleWriter>(RunFolder(folder), procedure.sample_form(), start.step));
    listeners.push_back(std::make_unique<CheckpointSaver>(store, options));
  }
  train({.options = options, .start = start, .samples_shown = 3}, procedure,
        open_sources(indices, procedure.schedule(), start.step, communicator), listeners, communicator);
  return checksum_state(procedure);
}

}  // namespace ganymede
