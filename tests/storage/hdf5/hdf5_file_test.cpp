#include "storage/hdf5/hdf5_file.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/error.hpp"
#include "storage/checksum.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/full_disk.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;

TEST(Hdf5File, TensorsOfEveryDtypeAndShapeComeBack) {
  const TemporaryFolder folder;
  const std::vector<at::ScalarType> dtypes{at::kByte, at::kInt, at::kLong, at::kFloat, at::kDouble};
  const std::vector<std::vector<std::int64_t>> shapes{{}, {0}, {5}, {3, 0, 2}, {7, 2, 3}};
  const auto tensor = [](const auto& shape, at::ScalarType dtype) {
    const std::int64_t count = c10::multiply_integers(shape);
    return at::arange(count, at::kDouble).mul(7).add(1).to(dtype).reshape(shape);
  };
  Hdf5File file = Hdf5File::create(folder / "file.h5");
  for (const at::ScalarType dtype : dtypes)
    for (std::size_t i = 0; i < shapes.size(); ++i)
      file.write_tensor(fmt::format("group/{}/{}", toString(dtype), i), tensor(shapes[i], dtype));
  file.close();
  const Hdf5File again = Hdf5File::open(folder / "file.h5");
  for (const at::ScalarType dtype : dtypes)
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const std::string name = fmt::format("group/{}/{}", toString(dtype), i);
      EXPECT_EQ(again.dtype(name), dtype) << name;
      EXPECT_EQ(again.shape(name), shapes[i]) << name;
      EXPECT_TRUE(at::equal(again.read_tensor(name), tensor(shapes[i], dtype))) << name;
    }
}

TEST(Hdf5File, WritesATransposedTensorInItsLogicalOrder) {
  const TemporaryFolder folder;
  const at::Tensor transposed = at::arange(6).reshape({2, 3}).t();
  Hdf5File::create(folder / "file.h5").write_tensor("x", transposed);
  EXPECT_TRUE(at::equal(Hdf5File::open(folder / "file.h5").read_tensor("x"), transposed));
}

TEST(Hdf5File, AppendedRowsAreReadBackInAnyRange) {
  const TemporaryFolder folder;
  const at::Tensor all = at::arange(10 * 6, at::kInt).reshape({10, 2, 3});
  Hdf5File file = Hdf5File::create(folder / "file.h5");
  file.create_rows("a/rows", at::kInt, {2, 3}, 4);
  file.append_rows("a/rows", all.narrow(0, 0, 3));
  file.append_rows("a/rows", all.narrow(0, 3, 0));
  file.append_rows("a/rows", all.narrow(0, 3, 7));
  file.close();
  const Hdf5File again = Hdf5File::open(folder / "file.h5");
  EXPECT_THAT(again.shape("a/rows"), ElementsAre(10, 2, 3));
  for (std::int64_t first = 0; first <= 10; ++first)
    for (std::int64_t count = 0; first + count <= 10; ++count) {
      const at::Tensor out = at::empty({count, 2, 3}, at::kInt);
      again.read_rows("a/rows", first, count, out);
      EXPECT_TRUE(at::equal(out, all.narrow(0, first, count)));
    }
}

TEST(Hdf5File, RowsBeyondTheEndAreAnError) {
  const TemporaryFolder folder;
  Hdf5File::create(folder / "file.h5").write_tensor("x", at::arange(4));
  const Hdf5File file = Hdf5File::open(folder / "file.h5");
  expect_error<DataError>([&] { file.read_rows("x", 2, 3, at::empty({3}, at::kLong)); },
                          {"file.h5", "'x' has 4 rows", "expected rows 2 to 4"});
}

TEST(Hdf5File, ListsDatasetsByTheirSortedPaths) {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "file.h5");
  for (const char* name : {"b/second", "b/deep/first", "a"}) file.write_tensor(name, at::arange(1));
  EXPECT_THAT(file.names(), ElementsAre("a", "b/deep/first", "b/second"));
  EXPECT_THAT(file.names("b"), ElementsAre("b/deep/first", "b/second"));
  EXPECT_TRUE(file.contains("b/deep/first"));
  EXPECT_TRUE(file.contains("b"));
  EXPECT_FALSE(file.contains("b/shallow/first"));
  expect_error<DataError>([&] { file.names("c"); }, {"file.h5", "'c'"});
}

TEST(Hdf5File, AttributesComeBack) {
  const TemporaryFolder folder;
  const std::vector<std::string> words{"T-shirt", "", "caf\xc3\xa9"};
  Hdf5File file = Hdf5File::create(folder / "file.h5");
  file.write_attribute("count", std::int64_t{1} << 40);
  file.write_attribute("text", std::string("one text"));
  file.write_attribute("words", words);
  file.write_attribute("none", std::vector<std::string>{});
  file.close();
  const Hdf5File again = Hdf5File::open(folder / "file.h5");
  EXPECT_EQ(again.integer_attribute("count"), std::int64_t{1} << 40);
  EXPECT_EQ(again.text_attribute("text"), "one text");
  EXPECT_EQ(again.text_list_attribute("words"), words);
  EXPECT_TRUE(again.text_list_attribute("none").empty());
  EXPECT_FALSE(again.contains_attribute("other"));
  expect_error<DataError>([&] { again.integer_attribute("text"); },
                          {"file.h5", "'text'", "expected an integer"});
  expect_error<DataError>([&] { again.text_attribute("count"); }, {"file.h5", "'count'", "expected text"});
  expect_error<DataError>([&] { again.integer_attribute("other"); }, {"file.h5", "'other'"});
}

TEST(Hdf5File, TheSameTensorsMakeTheSameBytes) {
  const TemporaryFolder folder;
  for (const char* name : {"one.h5", "two.h5"}) {
    Hdf5File file = Hdf5File::create(folder / name);
    file.write_attribute("count", std::int64_t{3});
    file.write_tensor("group/x", at::arange(100));
    file.create_rows("rows", at::kLong, {}, 16);
    file.append_rows("rows", at::arange(100));
    if (std::string_view(name) == "one.h5") std::this_thread::sleep_for(std::chrono::milliseconds(1100));
  }
  EXPECT_EQ(crc32_of_file(folder / "one.h5"), crc32_of_file(folder / "two.h5"));
}

TEST(Hdf5File, SaysWhatIsWrongWithAFile) {
  const TemporaryFolder folder;
  expect_error<UserError>([&] { Hdf5File::open(folder / "missing.h5"); }, {"missing.h5", "no such file"});
  write_text(folder / "text.h5", "this is no HDF5 file");
  expect_error<DataError>([&] { Hdf5File::open(folder / "text.h5"); },
                          {"text.h5", "not an HDF5 file or truncated", "signature"});
  Hdf5File::create(folder / "cut.h5").write_tensor("x", at::arange(10000));
  std::filesystem::resize_file(folder / "cut.h5", 5000);
  expect_error<DataError>([&] { Hdf5File::open(folder / "cut.h5"); },
                          {"cut.h5", "truncated file: eof = 5000"});
  expect_error<UserError>([&] { Hdf5File::create(folder / "missing/file.h5"); },
                          {"missing/file.h5", "create"});
}

TEST(Hdf5File, MissingAndUnsupportedDatasetsAreNamed) {
  const TemporaryFolder folder;
  Hdf5File file = Hdf5File::create(folder / "file.h5");
  expect_error<UserError>([&] { file.write_tensor("x", at::empty({2}, at::kBool)); },
                          {"file.h5", "'x' has dtype Bool", "expected uint8"});
  expect_error<DataError>([&] { file.read_tensor("y"); }, {"file.h5", "'y'"});
}

TEST(Hdf5File, ReportsAFullDisk) {
  const TemporaryFolder folder;
  const FullDisk full(100000);
  expect_error<UserError>(
      [&] {
        Hdf5File file = Hdf5File::create(folder / "file.h5");
        file.write_tensor("x", at::arange(100000));
        file.close();
      },
      {"file.h5: cannot write", "File too large"});
}

TEST(Hdf5File, AFullDiskIsNobodysMistake) {
  expect_error<DiskError>([] { Hdf5File::create("/dev/full"); },
                          {"/dev/full: cannot create", "No space left"});
}

// Loader threads read while others write.
TEST(Hdf5File, ThreadsUseFilesOfTheirOwn) {
  const TemporaryFolder folder;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 10; ++i) {
        const std::filesystem::path path = folder / fmt::format("{}-{}.h5", thread, i);
        Hdf5File::create(path).write_tensor("x", at::full({100}, thread));
        EXPECT_TRUE(at::equal(Hdf5File::open(path).read_tensor("x"), at::full({100}, thread)));
      }
    });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace ganymede
