#include "storage/gzip_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

class GzipFile : public testing::Test {
 protected:
  void SetUp() override {
    for (std::int64_t i = 0; i < 300000; ++i) content_ += static_cast<char>(i * i % 251);
    write_text(plain_, content_);
    ASSERT_EQ(std::system(("gzip -k " + plain_.string()).c_str()), 0);
  }

  static std::string text_of(const std::filesystem::path& file) {
    const auto bytes = read_whole_file(file);
    return {bytes.begin(), bytes.end()};
  }

  TemporaryFolder folder_;
  std::filesystem::path plain_ = folder_ / "file", packed_ = folder_ / "file.gz";
  std::string content_;
};

TEST_F(GzipFile, ReadsPackedAndPlainFiles) {
  EXPECT_EQ(text_of(plain_), content_);
  EXPECT_EQ(text_of(packed_), content_);
  write_text(plain_, "");
  EXPECT_EQ(text_of(plain_), "");
}

TEST_F(GzipFile, TruncationIsAnErrorWhereverItFalls) {
  const auto size = std::filesystem::file_size(packed_);
  for (const std::uintmax_t bytes : {size - 1, size - 9, size / 2, std::uintmax_t{20}}) {
    std::filesystem::resize_file(packed_, bytes);
    expect_error<DataError>([&] { read_whole_file(packed_); }, {"file.gz", "truncated"});
  }
}

TEST_F(GzipFile, CorruptionIsAnError) {
  std::string bytes = read_text(packed_);
  bytes[bytes.size() - 6] ^= 1;  // in the checksum at the end
  write_text(packed_, bytes);
  expect_error<DataError>([&] { read_whole_file(packed_); }, {"file.gz", "corrupt", "incorrect data check"});
}

TEST_F(GzipFile, NamesWhatCannotBeRead) {
  expect_error<UserError>([&] { read_whole_file(folder_ / "missing"); }, {"missing", "No such file"});
  expect_error<UserError>([&] { read_whole_file(folder_.path()); }, {"Is a directory"});
}

}  // namespace
}  // namespace ganymede
