// Whole files in memory, gzip or not.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace ganymede {

// The decompressed bytes if the file is gzip, else the bytes as they are. Throws UserError if it cannot be
// opened, DataError if the gzip stream is truncated or corrupt.
std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file);

}  // namespace ganymede
