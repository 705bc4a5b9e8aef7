#include "data/loading/batch_loader.hpp"

#include <pthread.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "base/trace.hpp"
#include "data/loading/window_reader.hpp"

namespace ganymede {
namespace {

void check_options(const DatasetIndex& index, const BatchLoaderOptions& options) {
  require(options.global_batch_size >= 1, "the global batch size is {}; expected at least 1",
          options.global_batch_size);
  require(options.global_batch_size <= index.samples,
          "the global batch size is {}, but {} has {} samples; expected at most as many",
          options.global_batch_size, index.folder.string(), index.samples);
  require(options.prefetch_batches >= 1, "prefetch_batches is {}; expected at least 1",
          options.prefetch_batches);
  require(!options.horizontal_flip || index.spec.find(Meaning::pixels),
          "horizontal_flip is true, but {} holds {}; expected a dataset of images, or false",
          index.folder.string(), index.spec.sample().name);
  require(options.first_batch >= 0, "the first batch is {}; expected at least 0", options.first_batch);
}

std::vector<DataPart> checked_parts(const DatasetIndex& index, const BatchLoaderOptions& options) {
  check_options(index, options);
  return parts_of(index, options);
}

EpochOrderOptions order_of(const DataPart& part, std::size_t node, const BatchLoaderOptions& options) {
  const std::int64_t rows_per_chunk = std::min(part.index.rows_per_chunk, part.index.samples);
  const std::int64_t chunk_bytes = rows_per_chunk * part.index.spec.sample().bytes();
  return {.seed = options.seed,
          .samples = part.index.samples,
          .rows_per_chunk = rows_per_chunk,
          .chunks_per_window = std::clamp<std::int64_t>(options.window_bytes / chunk_bytes, 1, 1024),
          .source = options.source,
          .node = static_cast<std::uint8_t>(node)};
}

// Of the slice that the part serves, the places of this rank.
PlaceRange shared_places(const DataPart& part, PlaceRange of_rank) {
  const std::int64_t first = std::max(part.places.first, of_rank.first);
  const std::int64_t end = std::min(part.places.first + part.places.count, of_rank.first + of_rank.count);
  return {.first = first - part.places.first, .count = end - first};
}

RowWindow window_of_cache(const SampleCache& cache, WantedRows wanted, std::int64_t rows_per_chunk) {
  for (std::int64_t& row : wanted.rows) row = sample_of_row(wanted.chunks, rows_per_chunk, row);
  return {.fields = cache.fields, .order = std::move(wanted.rows)};
}

std::optional<SampleCache> cache_of(const PartCaches& caches, std::size_t part) {
  return part < caches.size() ? caches[part] : std::nullopt;
}

// Until the stream is closed.
void read_windows(const DatasetIndex& part, const RankOrderOptions& options,
                  const std::optional<SampleCache>& cache, RowStream& stream) try {
  RankOrder order(options);
  const std::int64_t rows_per_chunk = options.order.rows_per_chunk;
  if (cache) {
    while (stream.windows.push(window_of_cache(*cache, order.next(), rows_per_chunk))) continue;
  } else {
    WindowReader reader(part, rows_per_chunk);
    while (stream.windows.push(reader.read(order.next()))) continue;
  }
} catch (...) {
  stream.windows.fail(std::current_exception());
}

// Woken by a full queue's first free place, this thread waits for its turn: it shall not interrupt the one
// that computes. It is a hint; where it is refused, nothing is lost.
void ask_for_batch_scheduling() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

}  // namespace

BatchLoader::BatchLoader(const DatasetIndex& index, const BatchLoaderOptions& options, int rank, int size,
                         const PartCaches& caches)
    : global_batch_size_(options.global_batch_size),
      batches_(static_cast<std::size_t>(options.prefetch_batches)) {
  const std::vector<DataPart> parts = checked_parts(index, options);
  batches_per_epoch_ = ganymede::batches_per_epoch(parts);
  const PlaceRange places = places_of_rank(options.global_batch_size, rank, size, options.places_together);
  std::vector<RowStream*> streams;
  // More ranks than places: this one gets empty batches and reads nothing.
  try {
    for (std::size_t number = 0; number < parts.size(); ++number) {
      const DataPart& part = parts[number];
      if (!part.serves(places)) continue;
      const RankOrderOptions order{.order = order_of(part, number, options),
                                   .batch_size = part.places.count,
                                   .batches_per_epoch = batches_per_epoch_,
                                   .first_batch = options.first_batch,
                                   .places = shared_places(part, places)};
      RowStream& stream = streams_.emplace_back(order.places.count);
      streams.push_back(&stream);
      threads_.emplace_back([rank, part = part.index, order, cache = cache_of(caches, number), &stream] {
        const TracedThread traced(rank, fmt::format("reader of source {}", order.order.source));
        read_windows(part, order, cache, stream);
      });
    }
    threads_.emplace_back(
        [this, rank, source = options.source, first_batch = options.first_batch, device = options.device,
         assembler = std::make_unique<BatchAssembler>(index.spec, options, places, std::move(streams))] {
          const TracedThread traced(rank, fmt::format("batches of source {}", source));
          ask_for_batch_scheduling();
          make_batches(*assembler, first_batch, device);
        });
  } catch (const std::system_error& error) {
    close();  // the readers would wait for their maker for ever
    throw Error(
        fmt::format("cannot start a thread that makes batches ({}); raise the limit of processes "
                    "(ulimit -u, or the container's)",
                    error.code().message()));
  } catch (...) {
    close();
    throw;
  }
}

BatchLoader::~BatchLoader() {
  close();
}

void BatchLoader::close() {
  for (RowStream& stream : streams_) stream.windows.close();
  batches_.close();
}

Batch BatchLoader::next() {
  std::optional<ComingBatch> batch = batches_.pop();
  ensure(batch.has_value(), "a loader makes batches until its end");
  return arrived(*std::move(batch));
}

void BatchLoader::make_batches(BatchAssembler& assembler, std::int64_t first_batch, at::Device device) try {
  BatchCopies copies(device);
  for (std::int64_t number = first_batch;; ++number) {
    std::optional<Batch> batch = assembler.assemble(number, number / batches_per_epoch_);
    if (!batch || !batches_.push(copies.begin(*std::move(batch)))) return;
  }
} catch (...) {
  batches_.fail(std::current_exception());
}

}  // namespace ganymede
