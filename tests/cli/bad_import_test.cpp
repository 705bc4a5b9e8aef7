// Mistakes in what is imported or made: one line with the file and the place in it, and nothing half-written.
#include "tests/cli/refusal.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class BadImportTest : public ProgramTest {
 protected:
  void expect_refused(const Words& arguments, const Words& words, int exit_code = kBadData) const {
    Words all{"dataset"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    all.insert(all.end(), {"--out", "new"});
    expect_refusal(folder_.path(), all, 0, exit_code, words);
  }
  const Words csv_{"import", "csv", "table.csv", "--height", "1", "--width", "2"};
  const Words folder_import_{"import", "folder", "pictures", "--height", "8", "--width", "8"};
};

TEST_F(BadImportTest, CsvRowsOfAnotherLength) {
  write_text(folder_ / "table.csv", "1,2,0\n1,2,3,0\n");
  expect_refused(csv_, {"table.csv: line 2: 4 columns; expected 3"});
}

TEST_F(BadImportTest, CsvThatIsNoText) {
  write_text(folder_ / "table.csv", std::string(5000, '\0') + "1,2\n");
  expect_refused(csv_, {"table.csv: line", "expected"});
}

TEST_F(BadImportTest, CsvWithAnIndexColumn) {
  write_text(folder_ / "table.csv", ",0,1,label\n0,10,20,1\n1,30,40,0\n");
  expect_refused(csv_, {"table.csv: line 2: 4 columns; expected 3", "an index"});
}

TEST_F(BadImportTest, AllBadPicturesInOneLineAndTheFoldersAboveAreGone) {
  fs::create_directory(folder_ / "pictures");
  for (const char* name : {"a.png", "b.jpg"}) write_text(folder_ / "pictures" / name, "no picture");
  Words arguments{"dataset"};
  arguments.insert(arguments.end(), folder_import_.begin(), folder_import_.end());
  arguments.insert(arguments.end(), {"--out", "new/deeper/set"});
  expect_refusal(folder_.path(), arguments, 0, kBadData, {"2 of 2 pictures", "a.png", "b.jpg", "--skip-bad"});
}

TEST_F(BadImportTest, ClassNamesInLatin1) {
  write_text(folder_ / "table.csv", "1,2,0\n1,2,1\n");
  Words arguments = csv_;
  arguments.insert(arguments.end(), {"--class-names", "tea,caf\xE9"});
  expect_refused(arguments, {"is not UTF-8"}, kUserMistake);
}

TEST_F(BadImportTest, UnknownLabelColumn) {
  Words arguments = csv_;
  arguments.insert(arguments.end(), {"--label-column", "middle"});
  expect_refused(arguments, {"--label-column", "middle"}, kUserMistake);
}

TEST_F(BadImportTest, Cifar10Truncated) {
  fs::create_directory(folder_ / "cifar");
  write_text(folder_ / "cifar/test_batch.bin", std::string(3073 + 100, '\1'));
  expect_refused({"import", "cifar10", "cifar", "--files", "test_batch.bin"},
                 {"test_batch.bin: truncated at byte 3173", "download the file again"});
}

TEST_F(BadImportTest, EmptyFolderOfPictures) {
  fs::create_directory(folder_ / "pictures");
  expect_refused(folder_import_, {"pictures: no PNG or JPEG pictures", "expected some"});
}

// Only a header: a decoder that believed it would ask for 4 terabytes.
TEST_F(BadImportTest, PngBomb) {
  fs::create_directory(folder_ / "pictures");
  write_text(folder_ / "pictures/bomb.png",
             std::string("\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\x0F\x42\x40\0\x0F\x42\x40\x08\x06\0\0\0", 29));
  expect_refused(folder_import_, {"bomb.png: the header announces 1000000 x 1000000 pixels", "64000000"});
}

TEST_F(BadImportTest, ZeroSamples) {
  expect_refused({"make", "ring", "--samples", "0"}, {"--samples", "0"}, kUserMistake);
}

TEST_F(BadImportTest, StackedDigitsOutOfPoints) {
  const ProgramResult made = run({"dataset", "make", "ring", "--samples", "100", "--out", "points"});
  ASSERT_EQ(made.exit_code, 0) << made.describe();
  expect_refused({"make", "stacked-digits", "--source", "points"},
                 {"points: it holds points", "expected images of 1 channel"}, kUserMistake);
}

TEST_F(BadImportTest, PointsCannotBeMirrored) {
  const ProgramResult made = run({"dataset", "make", "ring", "--samples", "100", "--out", "points"});
  ASSERT_EQ(made.exit_code, 0) << made.describe();
  expect_refusal(folder_.path(), train_arguments("run", {"data.path=points", "data.horizontal_flip=true"}), 2,
                 kUserMistake, {"horizontal_flip is true", "holds points"});
}

}  // namespace
}  // namespace ganymede
