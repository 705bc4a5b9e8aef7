#include "tests/support/jpeg_file.hpp"

#include <cstdio>

#include <jpeglib.h>

#include <cstdlib>
#include <string_view>

#include "tests/support/temporary_folder.hpp"

namespace ganymede {

void write_plain_jpeg(const std::filesystem::path& file, unsigned height, unsigned width,
                      const std::vector<std::uint8_t>& colour) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = width;
  info.image_height = height;
  info.input_components = static_cast<int>(colour.size());
  info.in_color_space = colour.size() == 1 ? JCS_GRAYSCALE : colour.size() == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  jpeg_start_compress(&info, TRUE);
  std::vector<std::uint8_t> row;
  for (unsigned column = 0; column < width; ++column) row.insert(row.end(), colour.begin(), colour.end());
  JSAMPROW rows = row.data();
  while (info.next_scanline < height) jpeg_write_scanlines(&info, &rows, 1);
  jpeg_finish_compress(&info);
  write_text(file, std::string_view(reinterpret_cast<const char*>(bytes), size));
  jpeg_destroy_compress(&info);
  std::free(bytes);
}

}  // namespace ganymede
