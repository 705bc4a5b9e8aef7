#include "data/loading/batch_loader.hpp"

#include <pthread.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "data/loading/window_reader.hpp"

namespace ganymede {
namespace {

std::int64_t checked_batches_per_epoch(const DatasetIndex& index, const BatchLoaderOptions& options) {
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
  return index.samples / options.global_batch_size;
}

EpochOrderOptions order_of(const DatasetIndex& index, const BatchLoaderOptions& options) {
  const std::int64_t rows_per_chunk = std::min(index.rows_per_chunk, index.samples);
  const std::int64_t chunk_bytes = rows_per_chunk * index.spec.sample().bytes();
  return {.seed = options.seed,
          .samples = index.samples,
          .rows_per_chunk = rows_per_chunk,
          .chunks_per_window = std::clamp<std::int64_t>(options.window_bytes / chunk_bytes, 1, 1024),
          .source = options.source};
}

RowWindow window_of_cache(const SampleCache& cache, WantedRows wanted, std::int64_t rows_per_chunk) {
  for (std::int64_t& row : wanted.rows) row = sample_of_row(wanted.chunks, rows_per_chunk, row);
  return {.fields = cache.fields, .order = std::move(wanted.rows)};
}

// Woken by a full queue's first free place, this thread waits for its turn: it shall not interrupt the one
// that computes. It is a hint; where it is refused, nothing is lost.
void ask_for_batch_scheduling() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_BATCH, &none);
}

}  // namespace

BatchLoader::BatchLoader(const DatasetIndex& index, const BatchLoaderOptions& options, int rank, int size,
                         std::optional<SampleCache> cache)
    : global_batch_size_(options.global_batch_size),
      batches_per_epoch_(checked_batches_per_epoch(index, options)),
      batches_(static_cast<std::size_t>(options.prefetch_batches)) {
  const RankOrderOptions order{
      .order = order_of(index, options),
      .global_batch_size = options.global_batch_size,
      .first_batch = options.first_batch,
      .places = places_of_rank(options.global_batch_size, rank, size, options.places_together)};
  auto assembler = std::make_unique<BatchAssembler>(index, options, order.places);
  // More ranks than places: this one gets empty batches and reads nothing.
  try {
    if (order.places.count > 0)
      reader_ =
          std::jthread([this, index, order, cache = std::move(cache)] { read_windows(index, order, cache); });
    maker_ = std::jthread([this, assembler = std::move(assembler), first_batch = options.first_batch] {
      ask_for_batch_scheduling();
      make_batches(*assembler, first_batch);
    });
  } catch (const std::system_error& error) {
    close();  // the reader would wait for its maker for ever
    throw Error(
        fmt::format("cannot start a thread that makes batches ({}); raise the limit of processes "
                    "(ulimit -u, or the container's)",
                    error.code().message()));
  }
}

BatchLoader::~BatchLoader() {
  close();
}

void BatchLoader::close() {
  windows_.close();
  batches_.close();
}

Batch BatchLoader::next() {
  std::optional<Batch> batch = batches_.pop();
  ensure(batch.has_value(), "a loader makes batches until its end");
  return *std::move(batch);
}

void BatchLoader::read_windows(const DatasetIndex& index, const RankOrderOptions& options,
                               const std::optional<SampleCache>& cache) try {
  RankOrder order(options);
  const std::int64_t rows_per_chunk = options.order.rows_per_chunk;
  if (cache) {
    while (windows_.push(window_of_cache(*cache, order.next(), rows_per_chunk))) continue;
  } else {
    WindowReader reader(index, rows_per_chunk);
    while (windows_.push(reader.read(order.next()))) continue;
  }
} catch (...) {
  windows_.fail(std::current_exception());
}

void BatchLoader::make_batches(BatchAssembler& assembler, std::int64_t first_batch) try {
  for (std::int64_t number = first_batch;; ++number) {
    std::optional<Batch> batch = assembler.assemble(number, windows_);
    if (!batch || !batches_.push(*std::move(batch))) return;
  }
} catch (...) {
  batches_.fail(std::current_exception());
}

}  // namespace ganymede
