// Writes JPEG files for tests. The program only reads them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ganymede {

// All pixels have this colour, which has 1 (grey), 3 (RGB) or 4 (CMYK) values.
void write_plain_jpeg(const std::filesystem::path& file, unsigned height, unsigned width,
                      const std::vector<std::uint8_t>& colour);

}  // namespace ganymede
