#include "data/loading/batch_assembler.hpp"

namespace ganymede {

BatchAssembler::BatchAssembler(const DatasetIndex& index, const BatchLoaderOptions& options,
                               PlaceRange places)
    : global_batch_size_(options.global_batch_size),
      batches_per_epoch_(index.samples / options.global_batch_size),
      places_(places) {
  for (const Field& field : index.spec.fields) {
    bytes_.push_back(field.bytes());
    assemblers_.push_back(make_field_assembler(field, options, places));
  }
}

std::optional<Batch> BatchAssembler::assemble(std::int64_t number, BoundedQueue<RowWindow>& windows) {
  Batch batch{.fields = {},
              .first_place = places_.first,
              .global_batch_size = global_batch_size_,
              .epoch = number / batches_per_epoch_,
              .number = number};
  for (const auto& assembler : assemblers_) batch.fields.push_back(assembler->begin(number));
  for (std::int64_t place = 0; place < places_.count; ++place, ++next_) {
    if (!has_row(windows)) return std::nullopt;
    prefetch_sample();
    const std::int64_t row = window_.order[next_];
    for (std::size_t field = 0; field < assemblers_.size(); ++field)
      assemblers_[field]->write(stored(field, row), batch.fields[field], place);
  }
  return batch;
}

// Whether there is a row at next_, of this window or the one after it.
bool BatchAssembler::has_row(BoundedQueue<RowWindow>& windows) {
  while (next_ == window_.order.size()) {
    window_ = {};  // its memory goes back first
    next_ = 0;
    auto window = windows.pop();
    if (!window) return false;
    window_ = *std::move(window);
  }
  return true;
}

// Rows lie at random in memory: the one after the next few is fetched while these are converted.
void BatchAssembler::prefetch_sample() const {
  constexpr std::size_t kRowsAhead = 3;
  constexpr std::int64_t kCacheLine = 64;
  if (next_ + kRowsAhead >= window_.order.size()) return;
  const std::int64_t row = window_.order[next_ + kRowsAhead];
  for (std::size_t field = 0; field < bytes_.size(); ++field) {
    const std::byte* sample = stored(field, row);
    for (std::int64_t i = 0; i < bytes_[field]; i += kCacheLine) __builtin_prefetch(sample + i);
  }
}

const std::byte* BatchAssembler::stored(std::size_t field, std::int64_t row) const {
  return static_cast<const std::byte*>(window_.fields[field].const_data_ptr()) + row * bytes_[field];
}

}  // namespace ganymede
