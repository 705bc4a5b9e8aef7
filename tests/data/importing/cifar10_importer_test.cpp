#include "data/importing/cifar10_importer.hpp"

#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "tests/support/imported_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

// Record i of all has the label i mod 10; its pixels are i + 100 x channel, and the first of each channel is
// 255.
class Cifar10Importer : public testing::Test {
 protected:
  Cifar10Importer() {
    fs::create_directory(options_.folder);
    for (int file = 1; file <= 5; ++file)
      write_text(options_.folder / fmt::format("data_batch_{}.bin", file), records(3 * (file - 1), 3));
  }

  static std::string records(int first, int count) {
    std::string bytes;
    for (int i = first; i < first + count; ++i) {
      bytes += static_cast<char>(i % 10);
      for (int channel = 0; channel < 3; ++channel)
        bytes += '\xFF' + std::string(1023, static_cast<char>(i + 100 * channel));
    }
    return bytes;
  }
  template <typename Exception>
  void expect_refused(const std::vector<std::string>& words) {
    expect_nothing_left<Exception>(
        folder_.path(), [&] { import_cifar10(options_); }, words);
  }

  TemporaryFolder folder_;
  Cifar10ImportOptions options_{.folder = folder_ / "cifar", .out = folder_ / "out", .shards = 2};
  fs::path third_ = options_.folder / "data_batch_3.bin";
};

TEST_F(Cifar10Importer, ImportsTheFiveFilesInTheirOrder) {
  import_cifar10(options_);
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_EQ(found.index.spec.sample().image_shape(), (ImageShape{.channels = 3, .height = 32, .width = 32}));
  EXPECT_EQ(found.index.spec.class_names().size(), 10U);
  EXPECT_EQ(found.index.spec.class_names()[3], "3");
  const at::Tensor expected = at::zeros({15, 3, 32, 32}, at::kByte);
  for (std::int64_t i = 0; i < 15; ++i) {
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      expected[i][channel].fill_(i + 100 * channel);
      expected[i][channel][0][0].fill_(255);
    }
    EXPECT_EQ(found.labels[i].item<std::int64_t>(), i % 10);
  }
  EXPECT_TRUE(at::equal(found.images, expected));
}

TEST_F(Cifar10Importer, ImportsNamedFilesAndNamesOfClasses) {
  write_text(options_.folder / "batches.meta.txt",
             "airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n");
  write_text(options_.folder / "test_batch.bin", records(0, 2));
  options_.files = {"test_batch.bin"};
  import_cifar10(options_);
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_EQ(found.index.samples, 2);
  EXPECT_EQ(found.index.spec.class_names()[9], "truck");
}

TEST_F(Cifar10Importer, WrongFilesAreNamed) {
  fs::resize_file(third_, 2 * 3073 + 5);
  expect_refused<DataError>(
      {"data_batch_3.bin: truncated at byte 6151", "2 records of 3073 bytes and 5 bytes more"});
  write_text(third_, "");
  expect_refused<DataError>({"data_batch_3.bin: truncated at byte 0"});
  // Another format whose size happens to fit is known by its labels, found after two files are written.
  write_text(third_, records(0, 1) + std::string(3073, 'x'));
  expect_refused<DataError>({"data_batch_3.bin: byte 3073: the label of record 1 is 120; expected 0 to 9"});
  fs::remove(third_);
  expect_refused<UserError>({"data_batch_3.bin: cannot read (No such file"});
}

TEST_F(Cifar10Importer, WrongFoldersAndNamesOfClassesAreNamed) {
  write_text(options_.folder / "batches.meta.txt", "airplane\nautomobile\n");
  expect_refused<DataError>({"batches.meta.txt: 2 names of classes; expected 10"});
  options_.folder = folder_ / "missing";
  expect_refused<UserError>({"missing: no such folder; expected the one with data_batch_1.bin"});
}

}  // namespace
}  // namespace ganymede
