#include "tests/support/jpeg_file.hpp"

#include <cstdio>

#include <jpeglib.h>

#include <cstdlib>
#include <string_view>

#include "tests/support/temporary_folder.hpp"

namespace ganymede {

void write_jpeg(const std::filesystem::path& file, const JpegPixels& pixels, const JpegFileOptions& options) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = pixels.width;
  info.image_height = pixels.height;
  info.input_components = static_cast<int>(pixels.channels);
  info.in_color_space = pixels.channels == 1 ? JCS_GRAYSCALE : pixels.channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (options.ycck) jpeg_set_colorspace(&info, JCS_YCCK);
  jpeg_set_quality(&info, 100, TRUE);
  if (options.progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  for (const std::string& data : options.application_data)
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(data.data()),
                      static_cast<unsigned>(data.size()));
  std::vector<std::uint8_t> values = pixels.values;  // libjpeg wants them writable
  while (info.next_scanline < pixels.height) {
    JSAMPROW row = values.data() + std::size_t{info.next_scanline} * pixels.width * pixels.channels;
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  write_text(file, std::string_view(reinterpret_cast<const char*>(bytes), size));
  jpeg_destroy_compress(&info);
  std::free(bytes);
}

void write_plain_jpeg(const std::filesystem::path& file, unsigned height, unsigned width,
                      const std::vector<std::uint8_t>& colour, const JpegFileOptions& options) {
  JpegPixels pixels{
      .height = height, .width = width, .channels = static_cast<unsigned>(colour.size()), .values = {}};
  for (unsigned i = 0; i < height * width; ++i)
    pixels.values.insert(pixels.values.end(), colour.begin(), colour.end());
  write_jpeg(file, pixels, options);
}

}  // namespace ganymede
