// PNG pictures as tensors, uint8 [channels, height, width], with 1 (grey) or 3 (RGB) channels.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

namespace ganymede {

// A picture that is written from the top down, in pieces. Every call throws UserError or DiskError if the
// file cannot be written.
class PngWriter {
 public:
  PngWriter(const std::filesystem::path& file, std::int64_t channels, std::int64_t height,
            std::int64_t width);
  ~PngWriter();  // without publish() nothing is left of it
  PngWriter(const PngWriter&) = delete;
  PngWriter& operator=(const PngWriter&) = delete;

  // The next rows: uint8 [channels, some, width].
  void append(const at::Tensor& rows);
  // After the last row: the file gets its name.
  void publish();

 private:
  struct Encoder;
  std::unique_ptr<Encoder> encoder_;
};

// The same at once.
void write_png(const std::filesystem::path& file, const at::Tensor& image);

// Palettes become RGB, 16 bits become 8, transparent pixels are laid over black as viewers do, and EXIF data
// may say how to turn it upright. Throws UserError if the file cannot be read, DataError if it is not a whole
// PNG or has too many pixels.
at::Tensor read_png(const std::filesystem::path& file);
// The same from memory; `file` is what errors call it.
at::Tensor decode_png(std::span<const std::uint8_t> bytes, const std::filesystem::path& file);

}  // namespace ganymede
