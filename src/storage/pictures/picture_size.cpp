#include "storage/pictures/picture_size.hpp"

#include "base/error.hpp"

namespace ganymede {

void check_picture_size(std::uint64_t width, std::uint64_t height, const std::filesystem::path& file) {
  if (width >= 1 && height >= 1 && width <= kMostPicturePixels / height) return;
  throw DataError(
      fmt::format("{}: the header announces {} x {} pixels; expected 1 to {} in all: replace the file "
                  "or make it smaller",
                  file.string(), width, height, kMostPicturePixels));
}

}  // namespace ganymede
