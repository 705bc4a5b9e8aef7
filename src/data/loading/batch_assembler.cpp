#include "data/loading/batch_assembler.hpp"

#include "base/trace.hpp"

namespace ganymede {

BatchAssembler::BatchAssembler(const DataSpec& spec, const BatchLoaderOptions& options, PlaceRange places,
                               std::vector<RowStream*> streams)
    : global_batch_size_(options.global_batch_size), places_(places) {
  for (const Field& field : spec.fields) {
    bytes_.push_back(field.bytes());
    assemblers_.push_back(make_field_assembler(field, options, places));
  }
  for (RowStream* stream : streams) streams_.push_back({.stream = stream});
}

std::optional<Batch> BatchAssembler::assemble(std::int64_t number, std::int64_t epoch) {
  const TraceSpan span("make_batch", TraceCategory::data);
  Batch batch{.fields = {},
              .first_place = places_.first,
              .global_batch_size = global_batch_size_,
              .epoch = epoch,
              .number = number};
  for (const auto& assembler : assemblers_) batch.fields.push_back(assembler->begin(number));
  std::int64_t place = 0;
  for (Taking& from : streams_) {
    if (!write_rows(from, place, batch)) return std::nullopt;
    place += from.stream->places;
  }
  return batch;
}

// False once the stream is closed.
bool BatchAssembler::write_rows(Taking& from, std::int64_t first_place, Batch& batch) {
  const std::int64_t end = first_place + from.stream->places;
  for (std::int64_t place = first_place; place < end; ++place, ++from.next) {
    if (!has_row(from)) return false;
    prefetch_sample(from);
    const std::int64_t row = from.window.order[from.next];
    for (std::size_t field = 0; field < assemblers_.size(); ++field)
      assemblers_[field]->write(stored(from, field, row), batch.fields[field], place);
  }
  return true;
}

// Whether there is a row at `next`, of this window or the one after it.
bool BatchAssembler::has_row(Taking& from) {
  while (from.next == from.window.order.size()) {
    from.window = {};  // its memory goes back first
    from.next = 0;
    const TraceSpan span("wait_for_window", TraceCategory::wait);
    auto window = from.stream->windows.pop();
    if (!window) return false;
    from.window = *std::move(window);
  }
  return true;
}

// Rows lie at random in memory: the one after the next few is fetched while these are converted.
void BatchAssembler::prefetch_sample(const Taking& from) const {
  constexpr std::size_t kRowsAhead = 3;
  constexpr std::int64_t kCacheLine = 64;
  if (from.next + kRowsAhead >= from.window.order.size()) return;
  const std::int64_t row = from.window.order[from.next + kRowsAhead];
  for (std::size_t field = 0; field < bytes_.size(); ++field) {
    const std::byte* sample = stored(from, field, row);
    for (std::int64_t i = 0; i < bytes_[field]; i += kCacheLine) __builtin_prefetch(sample + i);
  }
}

const std::byte* BatchAssembler::stored(const Taking& from, std::size_t field, std::int64_t row) const {
  return static_cast<const std::byte*>(from.window.fields[field].const_data_ptr()) + row * bytes_[field];
}

}  // namespace ganymede
