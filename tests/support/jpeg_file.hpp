// Writes JPEG files for tests. The program only reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ganymede {

struct JpegPixels {
  unsigned height, width, channels;  // 1 (grey), 3 (RGB) or 4 (CMYK)
  std::vector<std::uint8_t> values;  // row by row, the channels of a pixel together
};

struct JpegFileOptions {
  bool progressive = false;
  bool ycck = false;                               // of four channels: store Y, Cb, Cr and K
  std::vector<std::string> application_data = {};  // each in a marker APP1, as EXIF is
};

// In the best quality.
void write_jpeg(const std::filesystem::path& file, const JpegPixels& pixels, const JpegFileOptions& options);

// All pixels have this colour, which has as many values as there are channels.
void write_plain_jpeg(const std::filesystem::path& file, unsigned height, unsigned width,
                      const std::vector<std::uint8_t>& colour, const JpegFileOptions& options = {});

}  // namespace ganymede
