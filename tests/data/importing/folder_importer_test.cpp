#include "data/importing/folder_importer.hpp"

#include <ATen/ops/full.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "data/format/class_names.hpp"
#include "storage/pictures/png_image.hpp"
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
  EXPECT_THAT(found.index.spec.class_names(), testing::ElementsAre("ant", "zebra"));
  EXPECT_EQ(found.index.spec.sample().image_shape(), options_.shape);
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
  EXPECT_FALSE(read_dataset_index(options_.out).spec.find(Meaning::label));
}

TEST_F(FolderImporter, ClassesWithNumbersAreInTheirOrder) {
  for (int i = 0; i < 12; ++i) write_picture(fmt::format("{}/a.png", i), i, 4);
  EXPECT_EQ(import_values(), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(read_dataset_index(options_.out).spec.class_names(), numbered_classes(12));
}

TEST_F(FolderImporter, WhatOperatingSystemsLeaveIsNoClassAndNoPicture) {
  write_picture("cats/a.png", 1);
  write_picture("dogs/a.png", 2);
  for (const char* name : {"__MACOSX/cats/._a.png", ".ipynb_checkpoints/a.png", "@eaDir/a.png", ".DS_Store",
                           "cats/.DS_Store", "dogs/Thumbs.db", "desktop.ini", "dogs/._a.png",
                           "cats/.ipynb_checkpoints/a.png", "cats/@eaDir/a.png"}) {
    fs::create_directories((options_.folder / name).parent_path());
    write_text(options_.folder / name, "no picture");
  }
  EXPECT_EQ(import_values(), (std::vector<int>{1, 2}));
  EXPECT_THAT(read_dataset_index(options_.out).spec.class_names(), testing::ElementsAre("cats", "dogs"));
}

TEST_F(FolderImporter, NamesMayHaveSpacesAndUmlautsAndBeLinks) {
  options_.folder = folder_ / "Schöne Bilder";
  options_.out = folder_ / "Mein Datensatz ä";
  write_picture("Bär und Fuß/ein Bild.png", 7);
  fs::create_directory(folder_ / "elsewhere");
  write_png(folder_ / "elsewhere/b.png", at::full({1, 8, 8}, 9, at::kByte));
  fs::create_directory_symlink(folder_ / "elsewhere", options_.folder / "link");
  fs::create_symlink(folder_ / "elsewhere/b.png", options_.folder / "Bär und Fuß/link.png");
  EXPECT_EQ(import_values(), (std::vector<int>{7, 9, 9}));
  EXPECT_THAT(read_dataset_index(options_.out).spec.class_names(),
              testing::ElementsAre("Bär und Fuß", "link"));
}

TEST_F(FolderImporter, NamesInLatin1BecomeUtf8) {
  write_picture("caf\xE9/a.png", 1);
  write_picture("tea/a.png", 2);
  EXPECT_EQ(import_values(), (std::vector<int>{1, 2}));
  EXPECT_THAT(read_dataset_index(options_.out).spec.class_names(),
              testing::ElementsAre("caf\xC3\xA9", "tea"));
  fs::remove_all(options_.out);
  write_picture("caf\xC3\xA9/a.png", 3);
  expect_refused<DataError>({"a second class 'caf\xC3\xA9'", "rename the folder"});
}

TEST_F(FolderImporter, AllBadPicturesAreNamedAtOnceOrLeftOut) {
  for (int i = 0; i < 100; ++i) write_picture(fmt::format("b/{:03}.png", i), i, 4);
  write_picture("c/1.png", 100);
  write_text(options_.folder / "b/003.png", "no picture");
  write_text(options_.folder / "b/099.png", "");
  fs::create_directory(options_.folder / "a");
  write_text(options_.folder / "a/1.png", "RIFF....WEBPVP8 ");
  fs::create_symlink(folder_ / "nowhere", options_.folder / "c/2.png");
  const std::vector<std::string> words{"4 of 103 pictures cannot be read",
                                       "a/1.png: byte 0",
                                       "(it is WebP)",
                                       "b/003.png: byte 0",
                                       "b/099.png: byte 0",
                                       "c/2.png: cannot open"};
  expect_refused<DataError>(words);
  options_.skip_bad = true;
  const std::vector<int> values = import_values();
  EXPECT_EQ(values.size(), 99U);
  EXPECT_EQ(values.back(), 100);
  EXPECT_EQ(std::count(values.begin(), values.end(), 3), 0);
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_THAT(found.index.spec.class_names(), testing::ElementsAre("b", "c"));
  EXPECT_EQ(found.labels.sum().item<int>(), 1);
}

TEST_F(FolderImporter, ALongListOfBadPicturesIsCut) {
  fs::create_directories(options_.folder);
  for (int i = 0; i < 30; ++i) write_text(options_.folder / fmt::format("{:02}.jpg", i), "no picture");
  expect_refused<DataError>({"30 of 30 pictures cannot be read", "09.jpg", "and 20 more", "--skip-bad"});
  options_.skip_bad = true;
  expect_refused<DataError>({"30 of 30 pictures", "expected at least one that can be"});
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
  fs::remove(options_.folder / "a/1.png");  // as some archives wrap everything in one folder
  expect_refused<DataError>(
      {"a/deeper: a folder in the folder of a class", "pictures/a if its folders are the classes"});
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
