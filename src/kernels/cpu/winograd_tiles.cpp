// Compiled with -O3: transforms of kLanes channels at once, in vectors.
#include "kernels/cpu/winograd_tiles.hpp"

#include <algorithm>
#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/streamed_copy.hpp"
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
        pixels_(static_cast<std::size_t>((images.tiles_down() * kOutput + 2 * margin) * stride_)) {}

  Vector<T>* tile(std::int64_t down, std::int64_t across) {
    return &pixels_[static_cast<std::size_t>((down * stride_ + across) * kOutput)].lanes;
  }
  std::int64_t stride() const { return stride_; }

  GANYMEDE_INLINE void read(const T* channels) {
    const std::int64_t size = images_.height * images_.width;
    for (std::int64_t y = 0; y < images_.height; ++y)
      for (std::int64_t x = 0; x < images_.width; ++x) {
        Vector<T>& pixel = pixels_[static_cast<std::size_t>((y + margin_) * stride_ + x + margin_)].lanes;
        for (int lane = 0; lane < kLanes; ++lane) pixel[lane] = channels[lane * size + y * images_.width + x];
      }
  }
  GANYMEDE_INLINE void write(T* channels) const {
    const std::int64_t size = images_.height * images_.width;
    for (std::int64_t y = 0; y < images_.height; ++y)
      for (std::int64_t x = 0; x < images_.width; ++x) {
        const Vector<T>& pixel =
            pixels_[static_cast<std::size_t>((y + margin_) * stride_ + x + margin_)].lanes;
        for (int lane = 0; lane < kLanes; ++lane) channels[lane * size + y * images_.width + x] = pixel[lane];
      }
  }

 private:
  const Images images_;
  const std::int64_t margin_, stride_;
  std::vector<AlignedVector<T>> pixels_;
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
  std::int64_t apart() const { return products_apart(images_.tiles_of_one(), most_channels_); }
  T* tile(std::int64_t tile, std::int64_t channel) {
    return reinterpret_cast<T*>(numbers_.data()) + tile * most_channels_ + channel;
  }

  // From or to the tiles of all images.
  void read(const T* tiles, std::int64_t row, std::int64_t first, std::int64_t count) {
    for_each_line(row, first, [&](T* line, std::int64_t place) { std::copy_n(tiles + place, count, line); });
  }
  void write(T* tiles, std::int64_t row, std::int64_t first, std::int64_t count) {
    for_each_line(row, first,
                  [&](T* line, std::int64_t place) { streamed_copy(line, count, tiles + place); });
  }

 private:
  static constexpr std::int64_t kBytes = 256 * 1024, kVector = kLanes * sizeof(T);

  template <typename Visit>
  void for_each_line(std::int64_t row, std::int64_t first_channel, const Visit& visit) {
    const std::int64_t tiles = images_.tiles_of_one();
    for (std::int64_t product = 0; product < kProducts; ++product)
      for (std::int64_t i = 0; i < tiles; ++i)
        visit(tile(i, 0) + product * apart(), product * products_apart(images_.tiles(), images_.channels) +
                                                  (row * tiles + i) * images_.channels + first_channel);
  }

  const Images images_;
  const std::int64_t most_channels_;
  std::vector<AlignedVector<T>> numbers_;
};

// visit(row, first channel, count) for one piece after another.
template <typename T, typename Visit>
GANYMEDE_INLINE void for_each_piece(const Images& images, const Piece<T>& piece, const Visit& visit) {
  for (std::int64_t row = 0; row < images.rows; ++row)
    for (std::int64_t first = 0; first < images.channels; first += piece.most_channels())
      visit(row, first, std::min(piece.most_channels(), images.channels - first));
}

// visit(canvas' tile, piece's tile)
template <typename T, typename Visit>
GANYMEDE_INLINE void for_each_tile(const Images& images, Canvas<T>& canvas, Piece<T>& piece,
                                   std::int64_t channel, const Visit& visit) {
  std::int64_t tile = 0;
  for (std::int64_t down = 0; down < images.tiles_down(); ++down)
    for (std::int64_t across = 0; across < images.tiles_across(); ++across, ++tile)
      visit(canvas.tile(down, across), piece.tile(tile, channel));
}

template <const auto& matrix, int kMargin, typename T>
GANYMEDE_INLINE void images_to_tiles(const T* pixels, const Images& images, T* tiles) {
  Canvas<T> canvas(images, kMargin);
  Piece<T> piece(images);
  const std::int64_t apart = piece.apart();
  Vector<T> transformed[kProducts];
  for_each_piece(images, piece, [&](std::int64_t row, std::int64_t first, std::int64_t count) {
    for (std::int64_t channel = 0; channel < count; channel += kLanes) {
      canvas.read(pixels + images.place(row, first + channel));
      for_each_tile(images, canvas, piece, channel, [&](const Vector<T>* from, T* to) {
        transform<matrix, T>(from, canvas.stride(), transformed);
        for (int product = 0; product < kProducts; ++product)
          store(to + product * apart, transformed[product]);
      });
    }
    piece.write(tiles, row, first, count);
  });
  finish_streamed_copies();
}

template <typename T>
GANYMEDE_INLINE void tiles_to_images(const T* tiles, const Images& images, T* pixels) {
  Canvas<T> canvas(images, 0);
  Piece<T> piece(images);
  const std::int64_t apart = piece.apart();
  Vector<T> products[kProducts], outputs[kOutput * kOutput];
  for_each_piece(images, piece, [&](std::int64_t row, std::int64_t first, std::int64_t count) {
    piece.read(tiles, row, first, count);
    for (std::int64_t channel = 0; channel < count; channel += kLanes) {
      for_each_tile(images, canvas, piece, channel, [&](Vector<T>* to, const T* from) {
        for (int product = 0; product < kProducts; ++product)
          products[product] = load(from + product * apart);
        transform<kOfOutputs, T>(products, kTile, outputs);
        for (int y = 0; y < kOutput; ++y)
          for (int x = 0; x < kOutput; ++x) to[y * canvas.stride() + x] = outputs[y * kOutput + x];
      });
      canvas.write(pixels + images.place(row, first + channel));
    }
  });
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
