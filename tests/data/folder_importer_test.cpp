#include "data/folder_importer.hpp"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include "storage/png_image.hpp"
#include "tests/support/imported_dataset.hpp"
#include "tests/support/jpeg_file.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class FolderImporter : public testing::Test {
 protected:
  // A grey picture of one value.
  void write_picture(const std::string& name, int value, std::int64_t side = 8) {
    fs::create_directories((options_.folder / name).parent_path());
    write_png(options_.folder / name, at::full({1, side, side + 3}, value, at::kByte));
  }
  template <typename Exception>
  void expect_refused(const std::vector<std::string>& words) {
    expect_nothing_left<Exception>(
        folder_.path(), [&] { import_folder(options_); }, words);
  }
  // The value of each image, which is the same everywhere.
  std::vector<int> import_values() {
    import_folder(options_);
    const at::Tensor images = read_imported(options_.out).images;
    std::vector<int> values;
    for (std::int64_t i = 0; i < images.size(0); ++i) {
      values.push_back(images[i][0][0][0].item<int>());
      EXPECT_TRUE(images[i].eq(values.back()).all().item<bool>());
    }
    return values;
  }

  TemporaryFolder folder_;
  FolderImportOptions options_{.folder = folder_ / "pictures",
                               .out = folder_ / "out",
                               .shape = {.channels = 3, .height = 4, .width = 4}};
};

TEST_F(FolderImporter, SubFoldersAreClassesInTheOrderOfNames) {
  write_picture("zebra/1.png", 1);
  write_picture("ant/b.PNG", 2, 20);
  write_picture("ant/a.png", 3, 4);
  write_picture("ant/B.png", 4);
  write_plain_jpeg(options_.folder / "zebra/0.jpeg", 16, 16, {128, 128, 128});
  write_text(options_.folder / "ant/.hidden.png", "no picture");
  write_text(options_.folder / "ant/notes.txt", "no picture");
  EXPECT_EQ(import_values(), (std::vector<int>{4, 3, 2, 128, 1}));
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_THAT(found.index.class_names, testing::ElementsAre("ant", "zebra"));
  EXPECT_EQ(found.index.shape, options_.shape);
  const std::vector<std::int64_t> labels{0, 0, 0, 1, 1};
  for (std::size_t i = 0; i < 5; ++i)
    EXPECT_EQ(found.labels[static_cast<std::int64_t>(i)].item<std::int64_t>(), labels[i]);
}

TEST_F(FolderImporter, PicturesAtTheTopHaveNoLabels) {
  std::vector<int> values;
  for (int i = 0; i < 150; ++i) {  // more than are in memory at a time
    write_picture(fmt::format("{:03}.png", i), i, 4);
    values.push_back(i);
  }
  options_.shape.channels = 1;
  options_.shards = 2;
  EXPECT_EQ(import_values(), values);
  EXPECT_FALSE(read_dataset_index(options_.out).has_labels());
}

TEST_F(FolderImporter, PicturesThatCannotBeDecodedAreNamed) {
  for (int i = 0; i < 100; ++i) write_picture(fmt::format("a/{:03}.png", i), i, 4);
  const fs::path last = options_.folder / "a/099.png";
  const std::string whole = read_text(last);
  fs::resize_file(last, whole.size() - 20);
  expect_refused<DataError>({"a/099.png: the PNG file is truncated or corrupt"});
  write_text(last, "GIF89a");
  expect_refused<DataError>({"a/099.png: byte 0: neither the signature of PNG nor of JPEG"});
  write_text(last, whole.substr(0, 16) + std::string("\0\x0F\x42\x40\0\x0F\x42\x40", 8) + whole.substr(24));
  expect_refused<DataError>({"a/099.png: the header announces 1000000 x 1000000 pixels"});
}

TEST_F(FolderImporter, FoldersThatMakeNoSenseAreNamed) {
  expect_refused<UserError>({"pictures: no such folder"});
  fs::create_directory(options_.folder);
  expect_refused<DataError>({"pictures: no PNG or JPEG pictures; expected some, or sub-folders"});
  fs::create_directory(options_.folder / "a");
  expect_refused<DataError>({"pictures/a: no PNG or JPEG pictures"});
  write_picture("a/1.png", 1);
  write_picture("2.png", 1);
  expect_refused<DataError>({"pictures: it has both pictures (2.png) and sub-folders (a)"});
  fs::remove(options_.folder / "2.png");
  write_picture("a/deeper/1.png", 1);
  expect_refused<DataError>({"a/deeper: a folder in the folder of a class"});
}

TEST_F(FolderImporter, WrongOptionsAreNamed) {
  write_picture("1.png", 1);
  options_.shape.width = 20'000;
  expect_refused<UserError>({"the images are 4 x 20000", "1 to 16384"});
  options_.shape = {.channels = 4, .height = 4, .width = 4};
  expect_refused<UserError>({"channels is 4; expected 1 or 3"});
}

}  // namespace
}  // namespace ganymede
