#include "data/batch_assembler.hpp"

#include <ATen/Dispatch.h>

#include "data/horizontal_flip.hpp"

namespace ganymede {
namespace {

void write_point(const float* point, std::int64_t dimensions, const at::Tensor& points, std::int64_t place) {
  AT_DISPATCH_FLOATING_TYPES_AND2(at::kHalf, at::kBFloat16, points.scalar_type(), "write_point", [&] {
    scalar_t* numbers = points.mutable_data_ptr<scalar_t>() + place * dimensions;
    for (std::int64_t i = 0; i < dimensions; ++i) numbers[i] = static_cast<scalar_t>(point[i]);
  });
}

}  // namespace

BatchAssembler::BatchAssembler(const DatasetIndex& index, const BatchLoaderOptions& options,
                               PlaceRange places)
    : options_(options),
      kind_(index.kind),
      shape_(index.shape),
      has_labels_(index.has_labels()),
      sample_bytes_(index.sample_bytes()),
      steps_per_epoch_(index.samples / options.global_batch_size),
      places_(places),
      table_(options.pixel_low, options.pixel_high, options.dtype),
      image_memory_(options.dtype),
      label_memory_(at::kLong),
      mirror_(static_cast<std::size_t>(shape_.pixels())) {}

std::optional<Batch> BatchAssembler::assemble(std::int64_t step, BoundedQueue<RowWindow>& windows) {
  Batch batch{.images = image_memory_.take({places_.count, shape_.channels, shape_.height, shape_.width}),
              .labels = has_labels_ ? label_memory_.take({places_.count}) : at::Tensor(),
              .first_place = places_.first,
              .global_batch_size = options_.global_batch_size,
              .epoch = step / steps_per_epoch_,
              .step = step};
  std::vector<bool> mirrored(static_cast<std::size_t>(places_.count), false);
  if (options_.horizontal_flip) mirrored = draw_mirrored(options_.seed, step, places_);
  for (std::int64_t place = 0; place < places_.count; ++place, ++next_) {
    if (!has_row(windows)) return std::nullopt;
    prefetch_sample();
    const std::int64_t row = window_.order[next_];
    const std::byte* sample = sample_of(row);
    if (kind_ == SampleKind::images)
      write_image(reinterpret_cast<const std::uint8_t*>(sample), mirrored[static_cast<std::size_t>(place)],
                  batch.images, place);
    else
      write_point(reinterpret_cast<const float*>(sample), shape_.pixels(), batch.images, place);
    if (has_labels_)
      batch.labels.mutable_data_ptr<std::int64_t>()[place] =
          window_.labels.const_data_ptr<std::int64_t>()[row];
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
  const std::byte* sample = sample_of(row);
  for (std::int64_t i = 0; i < sample_bytes_; i += kCacheLine) __builtin_prefetch(sample + i);
  if (has_labels_) __builtin_prefetch(window_.labels.const_data_ptr<std::int64_t>() + row);
}

const std::byte* BatchAssembler::sample_of(std::int64_t row) const {
  return static_cast<const std::byte*>(window_.samples.const_data_ptr()) + row * sample_bytes_;
}

void BatchAssembler::write_image(const std::uint8_t* pixels, bool mirrored, const at::Tensor& images,
                                 std::int64_t place) {
  if (mirrored) {
    mirror_image(pixels, shape_, mirror_.data());
    pixels = mirror_.data();
  }
  table_.convert(pixels, shape_.pixels(), images, place * shape_.pixels());
}

}  // namespace ganymede
