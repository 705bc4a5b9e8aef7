#include "data/loading/field_assembler.hpp"

#include <ATen/Dispatch.h>

#include <algorithm>
#include <cstdint>

#include "base/error.hpp"
#include "data/loading/horizontal_flip.hpp"
#include "data/loading/pixel_table.hpp"
#include "data/loading/tensor_pool.hpp"

namespace ganymede {
namespace {

// A device other than the host copies from pinned memory while the host goes on.
at::TensorOptions memory_of(const BatchLoaderOptions& options, at::ScalarType dtype) {
  return at::TensorOptions(dtype).pinned_memory(!options.device.is_cpu());
}

class PixelAssembler final : public FieldAssembler {
 public:
  PixelAssembler(const Field& field, const BatchLoaderOptions& options, PlaceRange places)
      : options_(options),
        places_(places),
        shape_(field.image_shape()),
        table_(options.pixel_low, options.pixel_high, options.dtype),
        memory_(memory_of(options, options.dtype)),
        mirror_(static_cast<std::size_t>(shape_.pixels())) {}

  at::Tensor begin(std::int64_t number) override {
    if (options_.horizontal_flip) mirrored_ = draw_mirrored(options_.seed, options_.source, number, places_);
    return memory_.take({places_.count, shape_.channels, shape_.height, shape_.width});
  }

  void write(const std::byte* stored, const at::Tensor& batch, std::int64_t place) override {
    const auto* pixels = reinterpret_cast<const std::uint8_t*>(stored);
    if (options_.horizontal_flip && mirrored_[static_cast<std::size_t>(place)]) {
      mirror_image(pixels, shape_, mirror_.data());
      pixels = mirror_.data();
    }
    table_.convert(pixels, shape_.pixels(), batch, place * shape_.pixels());
  }

 private:
  const BatchLoaderOptions options_;
  const PlaceRange places_;
  const ImageShape shape_;
  const PixelTable table_;
  TensorPool memory_;
  std::vector<std::uint8_t> mirror_;
  std::vector<bool> mirrored_;  // [place], of the begun batch
};

// Numbers of another type with the same values.
template <typename Stored>
class NumberAssembler final : public FieldAssembler {
 public:
  NumberAssembler(const Field& field, at::TensorOptions memory, PlaceRange places)
      : sizes_(field.sizes(places.count)), elements_(field.elements()), memory_(memory) {}

  at::Tensor begin(std::int64_t) override { return memory_.take(sizes_); }

  void write(const std::byte* stored, const at::Tensor& batch, std::int64_t place) override {
    const auto* from = reinterpret_cast<const Stored*>(stored);
    AT_DISPATCH_ALL_TYPES_AND2(at::kHalf, at::kBFloat16, batch.scalar_type(), "write_numbers", [&] {
      scalar_t* to = batch.mutable_data_ptr<scalar_t>() + place * elements_;
      for (std::int64_t i = 0; i < elements_; ++i) to[i] = static_cast<scalar_t>(from[i]);
    });
  }

 private:
  const std::vector<std::int64_t> sizes_;
  const std::int64_t elements_;
  TensorPool memory_;
};

}  // namespace

std::unique_ptr<FieldAssembler> make_field_assembler(const Field& field, const BatchLoaderOptions& options,
                                                     PlaceRange places) {
  switch (field.meaning) {
    case Meaning::pixels:
      return std::make_unique<PixelAssembler>(field, options, places);
    case Meaning::numbers:
      return std::make_unique<NumberAssembler<float>>(field, memory_of(options, options.dtype), places);
    case Meaning::label:
      return std::make_unique<NumberAssembler<std::int64_t>>(field, memory_of(options, at::kLong), places);
    case Meaning::tokens:
      return std::make_unique<NumberAssembler<std::int32_t>>(field, memory_of(options, at::kLong), places);
  }
  throw Error("unknown meaning");
}

}  // namespace ganymede
