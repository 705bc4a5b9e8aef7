#include "data/loading/window_reader.hpp"

#include <algorithm>
#include <cstring>

#include "base/trace.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kUnwanted = -1, kWanted = 0;

void move_row(const at::Tensor& tensor, std::int64_t from, std::int64_t to) {
  const auto bytes = tensor.nbytes() / static_cast<std::size_t>(tensor.size(0));
  auto* start = static_cast<std::byte*>(tensor.mutable_data_ptr());
  std::memcpy(start + static_cast<std::size_t>(to) * bytes, start + static_cast<std::size_t>(from) * bytes,
              bytes);
}

}  // namespace

WindowReader::WindowReader(DatasetIndex index, std::int64_t rows_per_chunk)
    : reader_(std::move(index)), rows_per_chunk_(rows_per_chunk) {
  for (const Field& field : reader_.index().spec.fields) memory_.emplace_back(field.stored());
}

RowWindow WindowReader::read(const WantedRows& wanted) {
  const TraceSpan span("read_window", TraceCategory::data);
  const auto window_rows = static_cast<std::int64_t>(wanted.chunks.size()) * rows_per_chunk_;
  kept_rows_.assign(static_cast<std::size_t>(window_rows), kUnwanted);
  for (const std::int64_t row : wanted.rows) kept_rows_[static_cast<std::size_t>(row)] = kWanted;

  // Each chunk is read straight to behind the rows that are kept so far, hence the room for one more.
  const std::int64_t room = static_cast<std::int64_t>(wanted.rows.size()) + rows_per_chunk_;
  const std::vector<Field>& fields = reader_.index().spec.fields;
  RowWindow window{.fields = {}, .order = wanted.rows};
  for (std::size_t i = 0; i < fields.size(); ++i)
    window.fields.push_back(memory_[i].take(fields[i].sizes(room)));
  kept_ = 0;
  for (std::size_t i = 0; i < wanted.chunks.size(); ++i)
    read_chunk(wanted.chunks[i], static_cast<std::int64_t>(i) * rows_per_chunk_, window);
  for (std::int64_t& row : window.order) row = kept_rows_[static_cast<std::size_t>(row)];
  return window;
}

// first_row: of the chunk, among the rows of the window's chunks.
void WindowReader::read_chunk(std::int64_t chunk, std::int64_t first_row, RowWindow& window) {
  const auto begin = kept_rows_.begin() + first_row, end = begin + rows_per_chunk_;
  if (std::find(begin, end, kWanted) == end) return;
  const std::int64_t first = chunk * rows_per_chunk_;
  const std::int64_t count = std::min(rows_per_chunk_, reader_.index().samples - first);
  const std::int64_t read_at = kept_;
  const std::vector<Field>& fields = reader_.index().spec.fields;
  for (std::size_t i = 0; i < fields.size(); ++i)
    reader_.read(fields[i], first, count, window.fields[i].narrow(0, read_at, count));
  for (std::int64_t row = 0; row < count; ++row) {
    if (begin[row] == kUnwanted) continue;
    if (kept_ != read_at + row)
      for (const at::Tensor& field : window.fields) move_row(field, read_at + row, kept_);
    begin[row] = kept_++;
  }
}

}  // namespace ganymede
