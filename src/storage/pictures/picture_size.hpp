// The size that a picture's header announces, checked before any memory is taken for its pixels.
#pragma once

#include <cstdint>
#include <filesystem>

namespace ganymede {

inline constexpr std::uint64_t kMostPicturePixels = 64'000'000;

// Throws DataError if it is 0 or beyond kMostPicturePixels: a few hundred bytes may announce terabytes.
void check_picture_size(std::uint64_t width, std::uint64_t height, const std::filesystem::path& file);

}  // namespace ganymede
