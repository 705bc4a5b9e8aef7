#include "storage/pictures/exif_orientation.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <string>

namespace ganymede {
namespace {

int orientation_of(const std::string& tiff) {
  return exif_orientation({reinterpret_cast<const std::uint8_t*>(tiff.data()), tiff.size()});
}

std::string text(const char* bytes, std::size_t size) {
  return {bytes, size};
}

TEST(ExifOrientation, IsReadInBothByteOrders) {
  // One directory at byte 8 with two entries: ImageWidth, Orientation.
  const std::string little = text("II*\0\x08\0\0\0\x02\0", 10) + text("\0\1\3\0\1\0\0\0\x40\0\0\0", 12) +
                             text("\x12\1\3\0\1\0\0\0\x06\0\0\0", 12);
  const std::string big = text("MM\0*\0\0\0\x08\0\x02", 10) + text("\1\0\0\3\0\0\0\1\0\x40\0\0", 12) +
                          text("\1\x12\0\3\0\0\0\1\0\x08\0\0", 12);
  EXPECT_EQ(orientation_of(little), 6);
  EXPECT_EQ(orientation_of(big), 8);
  // As a byte, and as 32 bits.
  EXPECT_EQ(orientation_of(text("MM\0*\0\0\0\x08\0\x01\1\x12\0\1\0\0\0\1\x03\0\0\0", 22)), 3);
  EXPECT_EQ(orientation_of(text("MM\0*\0\0\0\x08\0\x01\1\x12\0\4\0\0\0\1\0\0\0\x05", 22)), 5);
  for (std::size_t bytes = 0; bytes < little.size() - 4; ++bytes)
    EXPECT_EQ(orientation_of(little.substr(0, bytes)), 1);
}

TEST(ExifOrientation, NonsenseIsUpright) {
  EXPECT_EQ(orientation_of("neither of TIFF nor of anything"), 1);
  EXPECT_EQ(orientation_of(text("MM\0*\xFF\xFF\xFF\xFF\0\x01\1\x12\0\3\0\0\0\1\0\x06\0\0", 22)), 1);
  for (const char value : {'\0', '\x09'})
    EXPECT_EQ(orientation_of(text("MM\0*\0\0\0\x08\0\x01\1\x12\0\3\0\0\0\1\0", 19) + value + text("\0\0", 2)),
              1);
}

TEST(ExifOrientation, PicturesAreTurnedUpright) {
  const at::Tensor stored = at::tensor({1, 2, 3, 4, 5, 6}).reshape({1, 2, 3});
  const std::vector<std::vector<int>> upright{{1, 2, 3, 4, 5, 6}, {3, 2, 1, 6, 5, 4}, {6, 5, 4, 3, 2, 1},
                                              {4, 5, 6, 1, 2, 3}, {1, 4, 2, 5, 3, 6}, {4, 1, 5, 2, 6, 3},
                                              {6, 3, 5, 2, 4, 1}, {3, 6, 2, 5, 1, 4}};
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const bool turned = orientation >= 5;
    const at::Tensor expected = at::tensor(upright[static_cast<std::size_t>(orientation - 1)])
                                    .reshape({1, turned ? 3 : 2, turned ? 2 : 3});
    EXPECT_TRUE(at::equal(turn_upright(stored, orientation), expected)) << orientation;
  }
}

}  // namespace
}  // namespace ganymede
