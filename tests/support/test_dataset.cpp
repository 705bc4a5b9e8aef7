#include "tests/support/test_dataset.hpp"

#include <gtest/gtest.h>

#include "tests/support/program.hpp"

namespace ganymede {
namespace {

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes.push_back(static_cast<char>(value >> shift & 0xFF));
  return bytes;
}

}  // namespace

void write_idx_images(const std::filesystem::path& file, const TestImages& images) {
  std::string bytes =
      big_endian(0x803) + big_endian(images.samples) + big_endian(images.height) + big_endian(images.width);
  for (std::uint32_t sample = 0; sample < images.samples; ++sample)
    for (std::uint32_t row = 0; row < images.height; ++row)
      for (std::uint32_t column = 0; column < images.width; ++column)
        bytes.push_back(static_cast<char>(sample * 7 + row * 3 + column * 5 * (sample % 3 + 1)));
  write_text(file, bytes);
}

void write_idx_labels(const std::filesystem::path& file, std::uint32_t samples) {
  std::string bytes = big_endian(0x801) + big_endian(samples);
  for (std::uint32_t sample = 0; sample < samples; ++sample) bytes.push_back(static_cast<char>(sample % 10));
  write_text(file, bytes);
}

void import_test_dataset(const std::filesystem::path& out, const TestImages& images, int shards) {
  const TemporaryFolder folder;
  write_idx_images(folder / "images", images);
  write_idx_labels(folder / "labels", images.samples);
  const ProgramResult result =
      run_program({"dataset", "import", "idx", "--images", folder / "images", "--labels", folder / "labels",
                   "--out", out, "--shards", std::to_string(shards)});
  ASSERT_EQ(result.exit_code, 0) << result.describe();
}

}  // namespace ganymede
