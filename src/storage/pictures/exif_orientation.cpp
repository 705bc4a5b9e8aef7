#include "storage/pictures/exif_orientation.hpp"

#include <ATen/ops/flip.h>

namespace ganymede {
namespace {

// Numbers of one byte order; beyond the end they are 0.
class TiffBytes {
 public:
  explicit TiffBytes(std::span<const std::uint8_t> bytes)
      : bytes_(bytes), little_(!bytes.empty() && bytes[0] == 'I') {}

  std::uint32_t number(std::size_t offset, std::size_t size) const {
    if (offset > bytes_.size() || size > bytes_.size() - offset) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | bytes_[offset + (little_ ? size - 1 - i : i)];
    return value;
  }

 private:
  std::span<const std::uint8_t> bytes_;
  bool little_;
};

}  // namespace

int exif_orientation(std::span<const std::uint8_t> tiff) {
  constexpr std::uint32_t kMagic = 42, kOrientationTag = 0x0112, kByte = 1, kLong = 4;
  constexpr std::size_t kEntryBytes = 12;
  const TiffBytes bytes(tiff);
  if (bytes.number(2, 2) != kMagic) return 1;
  const std::size_t directory = bytes.number(4, 4);
  const std::uint32_t entries = bytes.number(directory, 2);
  for (std::uint32_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + kEntryBytes * i;
    if (bytes.number(entry, 2) != kOrientationTag) continue;
    // Some programs write 8 or 32 bits, against the rule.
    const std::uint32_t type = bytes.number(entry + 2, 2);
    const std::uint32_t value = bytes.number(entry + 8, type == kByte ? 1 : type == kLong ? 4 : 2);
    return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
  }
  return 1;
}

at::Tensor turn_upright(const at::Tensor& image, int orientation) {
  switch (orientation) {
    case 2:
      return image.flip({2});
    case 3:
      return image.flip({1, 2});
    case 4:
      return image.flip({1});
    case 5:
      return image.transpose(1, 2);
    case 6:  // a quarter turn clockwise
      return image.transpose(1, 2).flip({2});
    case 7:
      return image.transpose(1, 2).flip({1, 2});
    case 8:
      return image.transpose(1, 2).flip({1});
    default:
      return image;
  }
}

}  // namespace ganymede
