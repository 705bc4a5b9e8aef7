#include "session/training_data.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "data/format/verification_memory.hpp"
#include "data/loading/data_part.hpp"
#include "distributed/agreement.hpp"
#include "storage/process_identity.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// Of `ranks` neighbours, from `first` on.
PlaceRange places_of_ranks(const BatchLoaderOptions& options, int first, int ranks, int size) {
  const auto of = [&](int rank) {
    return places_of_rank(options.global_batch_size, rank, size, options.places_together);
  };
  const PlaceRange last = of(first + ranks - 1);
  return {.first = of(first).first, .count = last.first + last.count - of(first).first};
}

// Ranks that read the same files, of which each verifies its share: those of a host, or all where every host
// needs all shards, which then lie on a file system that they share.
std::vector<std::size_t> share_of_rank(const std::vector<std::size_t>& shards, bool of_host,
                                       const Communicator& communicator) {
  const auto worker = static_cast<std::size_t>(of_host ? communicator.host_rank() : communicator.rank());
  const auto workers = static_cast<std::size_t>(of_host ? communicator.host_size() : communicator.size());
  std::vector<std::size_t> share;
  for (std::size_t i = worker; i < shards.size(); i += workers) share.push_back(shards[i]);
  return share;
}

void check_files_of_host(const DatasetIndex& index, const std::vector<std::size_t>& shards,
                         const Communicator& communicator) try {
  for (const std::size_t shard : shards) check_shard_file(index, shard);
} catch (const DataError& error) {
  if (communicator.host_size() == communicator.size()) throw;
  throw DataError(fmt::format("{} (on {}; --stage DIR puts onto every host what its ranks read)",
                              error.what(), own_identity().host));
}

// Of the parts that this rank's host group reads; memory is taken from the budget in their order.
PartCaches cache_parts(const DatasetIndex& index, const BatchLoaderOptions& options,
                       std::int64_t& budget_bytes, Communicator& communicator) {
  HostGroup& group = communicator.host_group();
  const PlaceRange places =
      places_of_ranks(options, communicator.rank() - group.rank(), group.size(), communicator.size());
  PartCaches caches;
  for (const DataPart& part : parts_of(index, options)) {
    caches.emplace_back();
    if (!part.serves(places)) continue;
    caches.back() = cache_samples(part.index, budget_bytes, group);
    if (caches.back()) budget_bytes -= cached_bytes(part.index);
  }
  return caches;
}

}  // namespace

at::ScalarType dtype_of(const Recipe& recipe) {
  return recipe.precision == Precision::float64 ? at::kDouble : at::kFloat;
}

BatchLoaderOptions loader_options(const Recipe& recipe, std::size_t source) {
  return {.seed = static_cast<std::uint64_t>(recipe.seed),
          .source = static_cast<std::uint8_t>(source),
          .global_batch_size = recipe.data.global_batch_size,
          .nodes = recipe.data.nodes(),
          .places_together = places_together(recipe.procedure),
          .pixel_low = recipe.data.pixels[0],
          .pixel_high = recipe.data.pixels[1],
          .horizontal_flip = recipe.data.horizontal_flip,
          .dtype = dtype_of(recipe)};
}

std::vector<DataSpec> specs_of(const std::vector<DatasetIndex>& indices) {
  std::vector<DataSpec> specs;
  for (const DatasetIndex& index : indices) specs.push_back(index.spec);
  return specs;
}

void check_fit(const Recipe& recipe, std::size_t source, const DatasetIndex& index) {
  const std::int64_t batch = recipe.data.global_batch_size;
  require(batch <= index.samples,
          "data.global_batch_size is {}, but {} has {} samples; expected at most that many", batch,
          index.folder.string(), index.samples);
  parts_of(index, loader_options(recipe, source));
}

std::vector<std::size_t> shards_of_host(const Recipe& recipe, std::size_t source, const DatasetIndex& index,
                                        const Communicator& communicator) {
  const BatchLoaderOptions options = loader_options(recipe, source);
  const PlaceRange places = places_of_ranks(options, communicator.rank() - communicator.host_rank(),
                                            communicator.host_size(), communicator.size());
  std::vector<std::size_t> shards;
  for (const DataPart& part : parts_of(index, options))
    for (std::size_t i = 0; part.serves(places) && i < part.index.shards.size(); ++i)
      shards.push_back(part.first_shard + i);
  return shards;
}

void verify_shards(const DatasetIndex& index, const std::vector<std::size_t>& shards, int rank) {
  VerificationMemory memory(index, rank);
  for (const std::size_t shard : shards) memory.verify_once(shard, stop_requested);
}

std::vector<DatasetIndex> agree_on_datasets(const Recipe& recipe, const std::vector<fs::path>& folders,
                                            Communicator& communicator) {
  std::vector<DatasetIndex> indices;
  std::vector<std::vector<std::size_t>> shards;  // [source], of this host
  agree(communicator, [&] {
    for (const fs::path& folder : folders) {
      const std::size_t source = indices.size();
      indices.push_back(read_index_file(folder));
      shards.push_back(shards_of_host(recipe, source, indices.back(), communicator));
      check_files_of_host(indices.back(), shards.back(), communicator);
    }
  });
  agree(communicator, [&] {
    for (std::size_t source = 0; source < indices.size(); ++source)
      verify_shards(indices[source], share_of_rank(shards[source], recipe.data.nodes() > 1, communicator),
                    communicator.rank());
  });
  return indices;
}

Sources agree_on_sources(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                         const Procedure& procedure, at::Device device, std::int64_t step,
                         std::int64_t cache_mib, Communicator& communicator) {
  const Schedule& schedule = procedure.schedule();
  ensure(schedule.sources() == indices.size(), "a procedure gets the sources that it names");
  std::int64_t cache_bytes = cache_mib << 20;
  Sources sources;
  for (std::size_t source = 0; source < indices.size(); ++source) {
    const DatasetIndex& index = indices[source];
    BatchLoaderOptions options = loader_options(recipe, source);
    options.device = device;
    options.first_batch = schedule.batches_before(step, source);
    const PartCaches caches = cache_parts(index, options, cache_bytes, communicator);
    agree(communicator, [&] {
      sources.push_back(
          std::make_unique<BatchLoader>(index, options, communicator.rank(), communicator.size(), caches));
    });
  }
  return sources;
}

}  // namespace ganymede
