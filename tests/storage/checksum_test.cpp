#include "storage/checksum.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

std::uint32_t crc32_of(std::string_view text, std::uint32_t seed = 0) {
  return crc32(std::as_bytes(std::span(text)), seed);
}

// The check value of CRC-32 in every table of checksums.
TEST(Checksum, HasThePublishedCheckValue) {
  EXPECT_EQ(crc32_of("123456789"), 0xCBF43926U);
}

TEST(Checksum, GoesOnFromTheBytesBefore) {
  EXPECT_EQ(crc32_of("6789", crc32_of("12345")), 0xCBF43926U);
  EXPECT_EQ(crc32_of("", 7), 7U);
}

TEST(Checksum, OfAFileIsThatOfItsBytes) {
  const TemporaryFolder folder;
  const std::string bytes((3 << 20) + 17, 'x');
  write_text(folder / "file", bytes);
  EXPECT_EQ(crc32_of_file(folder / "file"), crc32_of(bytes));
}

TEST(Checksum, NamesAMissingFile) {
  const TemporaryFolder folder;
  expect_error<UserError>([&] { crc32_of_file(folder / "missing"); }, {"missing", "No such file"});
}

}  // namespace
}  // namespace ganymede
