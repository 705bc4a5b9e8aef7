#include "storage/text_lines.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

std::vector<std::string> lines_of(const std::filesystem::path& file) {
  TextLines lines(file);
  std::vector<std::string> found;
  for (std::string line; lines.next(line);) {
    found.push_back(line);
    EXPECT_EQ(lines.number(), static_cast<std::int64_t>(found.size()));
  }
  return found;
}

TEST(TextLines, EndsOfLinesAreLeftOut) {
  const TemporaryFolder folder;
  const auto expect_lines = [&](const std::string& text, const std::vector<std::string>& expected) {
    write_text(folder / "text", text);
    EXPECT_EQ(lines_of(folder / "text"), expected) << text;
  };
  expect_lines("", {});
  expect_lines("a", {"a"});
  expect_lines("a\n", {"a"});
  expect_lines("a\r\n\nb", {"a", "", "b"});
  expect_lines("\n", {""});
}

TEST(TextLines, LinesMayBeLongerThanAPiece) {
  const TemporaryFolder folder;
  // 65,536 bytes are read at a time: lines that end just before, at and after that.
  for (const std::size_t length : {65534, 65535, 65536, 200'000}) {
    const std::vector<std::string> expected{std::string(length, 'x'), std::string(length, 'y'), "z"};
    write_text(folder / "text", expected[0] + "\n" + expected[1] + "\r\n" + expected[2]);
    EXPECT_EQ(lines_of(folder / "text"), expected) << length;
  }
}

TEST(TextLines, GzipIsUnpackedAndItsEndChecked) {
  const TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919) + "\n";
  write_text(folder / "text", text);
  ASSERT_EQ(std::system(("gzip " + (folder / "text").string()).c_str()), 0);
  EXPECT_EQ(lines_of(folder / "text.gz").size(), 20'000U);
  std::filesystem::resize_file(folder / "text.gz", 5000);
  expect_error<DataError>([&] { lines_of(folder / "text.gz"); }, {"text.gz: the gzip stream is truncated"});
}

}  // namespace
}  // namespace ganymede
