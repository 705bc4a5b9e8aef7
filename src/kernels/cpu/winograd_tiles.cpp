// Compiled with -O3: transforms of kLanes channels at once, in vectors.
#include "kernels/cpu/winograd_tiles.hpp"

#include <algorithm>
#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/streamed_copy.hpp"
#include "kernels/cpu/transpose.hpp"
#include "kernels/cpu/winograd_vectors.hpp"

namespace ganymede::winograd {
namespace {

template <typename T>
struct AlignedVector {
  Vector<T> lanes;
};

// kLanes channels of one image, a vector a pixel, with a margin of zeros around: whole tiles fit in.
template <typename T>
class Canvas {
 public:
  Canvas(const Images& images, int margin)
      : images_(images),
        margin_(margin),
        stride_(images.tiles_across() * kOutput + 2 * margin),
        pixels_(static_cast<std::size_t>((images.tiles_down() * kOutput + 2 * margin) * stride_)),
        image_(static_cast<std::size_t>(images.pixels())) {}

  Vector<T>* tile(std::int64_t tile) {
    const std::int64_t down = tile / images_.tiles_across(), across = tile % images_.tiles_across();
    return &pixels_[static_cast<std::size_t>((down * stride_ + across) * kOutput)].lanes;
  }
  std::int64_t stride() const { return stride_; }

  GANYMEDE_INLINE void read(const T* channels) {
    transpose(channels, images_.pixels(), kLanes, images_.pixels(), lanes(image_), kLanes);
    for (std::int64_t y = 0; y < images_.height; ++y) std::copy_n(line(image_, y), images_.width, place(y));
  }
  GANYMEDE_INLINE void write(T* channels) {
    for (std::int64_t y = 0; y < images_.height; ++y) std::copy_n(place(y), images_.width, line(image_, y));
    transpose(lanes(image_), kLanes, images_.pixels(), kLanes, channels, images_.pixels());
  }

 private:
  using Pixels = std::vector<AlignedVector<T>>;
  static T* lanes(Pixels& pixels) { return reinterpret_cast<T*>(pixels.data()); }
  AlignedVector<T>* line(Pixels& image, std::int64_t y) { return image.data() + y * images_.width; }
  AlignedVector<T>* place(std::int64_t y) { return pixels_.data() + (y + margin_) * stride_ + margin_; }

  const Images images_;
  const std::int64_t margin_, stride_;
  Pixels pixels_, image_;  // with the margin and without
};

// The tiles of some channels of one image, near the processor: [products][tiles][channels]. A transform goes
// over all products at once, while in memory each has its own place, far from the next, which is best gone
// through in order.
template <typename T>
class Piece {
 public:
  explicit Piece(const Images& images)
      : images_(images),
        most_channels_(std::clamp(kBytes / (images.tiles_of_one() * kProducts * kVector) * kLanes, kLanes,
                                  images.channels)),
        numbers_(static_cast<std::size_t>(kProducts * apart() / kLanes)) {}

  std::int64_t most_channels() const { return most_channels_; }
  std::int64_t channels_from(std::int64_t first) const {
    return std::min(most_channels_, images_.channels - first);
  }
  std::int64_t apart() const { return products_apart(images_.tiles_of_one(), most_channels_); }
  T* tile(std::int64_t tile, std::int64_t channel) {
    return reinterpret_cast<T*>(numbers_.data()) + tile * most_channels_ + channel;
  }

  // The channels from the first on: from the tiles of all images, or to them.
  void read(const T* tiles, std::int64_t row, std::int64_t first) {
    for_each_line(row, first, [&](T* line, std::int64_t place) {
      std::copy_n(tiles + place, channels_from(first), line);
    });
  }
  void write(T* tiles, std::int64_t row, std::int64_t first) {
    for_each_line(row, first, [&](T* line, std::int64_t place) {
      streamed_copy(line, channels_from(first), tiles + place);
    });
  }

 private:
  static constexpr std::int64_t kBytes = 256 * 1024, kVector = kLanes * sizeof(T);

  // visit(here, place there) for the channels of one tile in one product after another.
  template <typename Visit>
  void for_each_line(std::int64_t row, std::int64_t first_channel, const Visit& visit) {
    const std::int64_t tiles = images_.tiles_of_one(),
                       apart_there = products_apart(images_.tiles(), images_.channels);
    for (std::int64_t product = 0; product < kProducts; ++product)
      for (std::int64_t i = 0; i < tiles; ++i)
        visit(tile(i, 0) + product * apart(),
              product * apart_there + (row * tiles + i) * images_.channels + first_channel);
  }

  const Images images_;
  const std::int64_t most_channels_;
  std::vector<AlignedVector<T>> numbers_;
};

template <const auto& matrix, int kMargin, typename T>
GANYMEDE_INLINE void images_to_tiles(const T* pixels, const Images& images, T* tiles) {
  Canvas<T> canvas(images, kMargin);
  Piece<T> piece(images);
  Vector<T> transformed[kProducts];
  for (std::int64_t row = 0; row < images.rows; ++row)
    for (std::int64_t first = 0; first < images.channels; first += piece.most_channels()) {
      for (std::int64_t channel = 0; channel < piece.channels_from(first); channel += kLanes) {
        canvas.read(pixels + images.place(row, first + channel));
        for (std::int64_t tile = 0; tile < images.tiles_of_one(); ++tile) {
          transform<matrix, T>(canvas.tile(tile), canvas.stride(), transformed);
          T* const to = piece.tile(tile, channel);
          for (int product = 0; product < kProducts; ++product)
            store(to + product * piece.apart(), transformed[product]);
        }
      }
      piece.write(tiles, row, first);
    }
  finish_streamed_copies();
}

template <typename T>
GANYMEDE_INLINE void tiles_to_images(const T* tiles, const Images& images, T* pixels) {
  Canvas<T> canvas(images, 0);
  Piece<T> piece(images);
  Vector<T> products[kProducts], outputs[kOutput * kOutput];
  for (std::int64_t row = 0; row < images.rows; ++row)
    for (std::int64_t first = 0; first < images.channels; first += piece.most_channels()) {
      piece.read(tiles, row, first);
      for (std::int64_t channel = 0; channel < piece.channels_from(first); channel += kLanes) {
        for (std::int64_t tile = 0; tile < images.tiles_of_one(); ++tile) {
          const T* const from = piece.tile(tile, channel);
          for (int product = 0; product < kProducts; ++product)
            products[product] = load(from + product * piece.apart());
          transform<kOfOutputs, T>(products, kTile, outputs);
          Vector<T>* const to = canvas.tile(tile);
          for (int y = 0; y < kOutput; ++y)
            for (int x = 0; x < kOutput; ++x) to[y * canvas.stride() + x] = outputs[y * kOutput + x];
        }
        canvas.write(pixels + images.place(row, first + channel));
      }
    }
}

}  // namespace

#define GANYMEDE_TRANSFORMS(T)                                                                           \
  GANYMEDE_VECTORISED void transform_inputs(const T* pixels, const Images& images, T* tiles) {           \
    images_to_tiles<kOfInputs, kPadding>(pixels, images, tiles);                                         \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_output_gradients(const T* pixels, const Images& images, T* tiles) { \
    images_to_tiles<kOfOutputGradients, 0>(pixels, images, tiles);                                       \
  }                                                                                                      \
  GANYMEDE_VECTORISED void transform_outputs(const T* tiles, const Images& images, T* pixels) {          \
    tiles_to_images(tiles, images, pixels);                                                              \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_TRANSFORMS)

}  // namespace ganymede::winograd
