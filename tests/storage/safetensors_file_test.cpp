#include "storage/safetensors_file.hpp"

#include <gtest/gtest.h>

#include "storage/checksum.hpp"
#include "storage/file_bytes.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/faulty_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

std::vector<NamedTensor> read(const fs::path& file) {
  return parse_safetensors(read_file_of_size(file, static_cast<std::int64_t>(fs::file_size(file))), file);
}

// A file with this header and so many bytes of data.
at::Tensor with_header(const std::string& header, std::size_t data_bytes) {
  std::string text;
  for (int byte = 0; byte < 8; ++byte) text += static_cast<char>(header.size() >> (8 * byte) & 0xff);
  text += header + std::string(data_bytes, '\0');
  return at::from_blob(text.data(), {static_cast<std::int64_t>(text.size())}, at::kByte).clone();
}

TEST(Safetensors, TensorsOfEveryDtypeAndShapeComeBack) {
  const TemporaryFolder folder;
  std::vector<NamedTensor> tensors;
  for (const auto dtype : {at::kByte, at::kLong, at::kFloat, at::kDouble, at::kInt, at::kBFloat16})
    for (const auto& shape : std::vector<std::vector<std::int64_t>>{{}, {0, 3}, {5}, {2, 3, 4}})
      tensors.push_back({fmt::format("{}/{}", c10::toString(dtype), shape.size() * 10 + tensors.size()),
                         at::arange(at::empty(shape).numel()).view(shape).to(dtype)});
  const FileSummary summary = write_safetensors(folder / "x.safetensors", tensors, {{"step", "7"}});
  EXPECT_EQ(summary.bytes, static_cast<std::int64_t>(fs::file_size(folder / "x.safetensors")));
  EXPECT_EQ(summary.crc32, crc32_of_file(folder / "x.safetensors"));
  std::map<std::string, at::Tensor> stored;
  for (const auto& [name, tensor] : read(folder / "x.safetensors")) stored[name] = tensor;
  ASSERT_EQ(stored.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(stored.at(name).scalar_type(), tensor.scalar_type()) << name;
    EXPECT_TRUE(at::equal(stored.at(name), tensor)) << name;
  }
}

// The format's own words: the header's length, the header, the data; by hand from the specification.
TEST(Safetensors, HasTheBytesOfTheSpecification) {
  const TemporaryFolder folder;
  write_safetensors(folder / "x", {{"byte", at::full({3}, 7, at::kByte)}, {"one", at::ones({1}, at::kFloat)}},
                    {});
  const std::string header =
      R"({"one":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"byte":{"dtype":"U8","shape":[3],"data_offsets":[4,7]}})";
  const std::size_t padded = (header.size() + 7) / 8 * 8;
  const std::string expected = std::string(1, static_cast<char>(padded)) + std::string(7, '\0') + header +
                               std::string(padded - header.size(), ' ') +
                               std::string("\0\0\x80\x3f\x07\x07\x07", 7);
  EXPECT_EQ(read_text(folder / "x"), expected);
}

TEST(Safetensors, WhatIsNotOneIsRefused) {
  const auto expect_refused = [](const at::Tensor& bytes, const std::string& why) {
    expect_error<DataError>([&] { parse_safetensors(bytes, "x.safetensors"); }, {"x.safetensors", why});
  };
  const auto entry = [](const char* dtype, const char* shape, const char* offsets) {
    return fmt::format(R"({{"a":{{"dtype":"{}","shape":{},"data_offsets":{}}}}})", dtype, shape, offsets);
  };
  expect_refused(at::zeros({3}, at::kByte), "3 bytes");
  expect_refused(at::full({16}, 255, at::kByte), "header");
  expect_refused(with_header("[1]", 0), "not a JSON object");
  expect_refused(with_header("{\"a\"", 0), "not a JSON object");
  expect_refused(with_header(entry("F32", "[2]", "[0,8]"), 9), "the file has 9");
  expect_refused(with_header(entry("F32", "[2]", "[0,8]"), 7), "the file has 7");
  expect_refused(with_header(entry("F32", "[2]", "[1,9]"), 9), "from 0 on");
  expect_refused(with_header(entry("F32", "[2]", "[0,4]"), 4), "expected 8 bytes");
  expect_refused(with_header(entry("F32", "[2]", "[0,8,9]"), 8), "3 data offsets");
  expect_refused(with_header(entry("F32", "[-2]", "[0,8]"), 8), "-2");
  expect_refused(with_header(entry("F32", "[4611686018427387904,8]", "[0,8]"), 8), "4611686018427387904");
  expect_refused(with_header(entry("F8", "[8]", "[0,8]"), 8), "F8");
  expect_refused(with_header(entry("F32", "\"2\"", "[0,8]"), 8), "shape");
  expect_refused(with_header(entry("F32", "[2]", "[0,18446744073709551615]"), 8), "expected 8 bytes");
}

TEST(Safetensors, AFullDiskIsReported) {
  const TemporaryFolder folder;
  const FaultyDisk disk = FaultyDisk::of_bytes(100);
  expect_error<DiskError>(
      [&] {
        write_safetensors(folder / "x", {{"a", at::zeros({1000})}}, {});
      },
      {"cannot write", "No space left", "free some space"});
}

}  // namespace
}  // namespace ganymede
