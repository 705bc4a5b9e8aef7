#include "data/importing/csv_importer.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/full_disk.hpp"
#include "tests/support/imported_dataset.hpp"

namespace ganymede {
namespace {

// 2,000 images of 3 x 2, more than are read at a time: pixel p of row i is (6 i + p) mod 256, its label i
// mod 4.
class CsvImporter : public testing::Test {
 protected:
  static constexpr int kRows = 2000;

  void write_rows(const std::string& start = "", const std::string& line_end = "\n",
                  bool label_first = false) {
    std::string text = start;
    for (int i = 0; i < kRows; ++i) {
      std::string row;
      for (int p = 0; p < 6; ++p) row += fmt::format("{}{}", p == 0 ? "" : ",", (6 * i + p) % 256);
      text += (label_first ? fmt::format("{},{}", i % 4, row) : fmt::format("{},{}", row, i % 4)) + line_end;
    }
    write_text(options_.file, text);
  }
  void expect_imported() {
    const ImportedDataset found = read_imported(options_.out);
    EXPECT_THAT(found.index.spec.class_names(), testing::ElementsAre("0", "1", "2", "3"));
    EXPECT_TRUE(at::equal(found.images,
                          at::arange(6 * kRows).remainder(256).to(at::kByte).reshape({kRows, 1, 3, 2})));
    EXPECT_TRUE(at::equal(found.labels, at::arange(kRows).remainder(4)));
    std::filesystem::remove_all(options_.out);
  }
  template <typename Exception>
  void expect_refused(const std::vector<std::string>& words) {
    expect_nothing_left<Exception>(
        folder_.path(), [&] { import_csv(options_); }, words);
  }

  TemporaryFolder folder_;
  CsvImportOptions options_{.file = folder_ / "table.csv",
                            .out = folder_ / "out",
                            .shape = {.channels = 1, .height = 3, .width = 2},
                            .shards = 3};
};

TEST_F(CsvImporter, ImportsEveryForm) {
  write_rows();
  import_csv(options_);
  expect_imported();
  write_rows("a,b,c,d,e,f,label\r\n\r\n", "\r\n");
  import_csv(options_);
  expect_imported();
  write_rows("", ".0\n", true);  // the last pixel as 5.0
  options_.label_column = LabelColumn::first;
  import_csv(options_);
  expect_imported();
  ASSERT_EQ(std::system(("gzip " + options_.file.string()).c_str()), 0);
  options_.file += ".gz";
  import_csv(options_);
  expect_imported();
}

TEST_F(CsvImporter, ImportsWhatPandasAndSpreadsheetsWrite) {
  write_rows("0,1,2,3,4,5,6\n");  // the names of columns without names
  import_csv(options_);
  expect_imported();
  write_rows("label,pixel0,pixel1,pixel2,pixel3,pixel4,pixel5\n", "\n", true);  // as on Kaggle
  options_.label_column = LabelColumn::first;
  import_csv(options_);
  expect_imported();
  options_.label_column = LabelColumn::last;
  write_rows("", ",\r\n");
  import_csv(options_);
  expect_imported();
  write_rows();
  ASSERT_EQ(
      std::system(("gzip -c " + options_.file.string() + " > " + (folder_ / "packed.csv").string()).c_str()),
      0);
  options_.file = folder_ / "packed.csv";  // gzip without its suffix
  import_csv(options_);
  expect_imported();
}

TEST_F(CsvImporter, LabelsFromOneMakeNoEmptyClass) {
  write_text(options_.file, "1,2,3,4,5,6,1\n7,8,9,10,11,12,2\n1,1,1,1,1,1,3\n");
  import_csv(options_);
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_THAT(found.index.spec.class_names(), testing::ElementsAre("1", "2", "3"));
  EXPECT_TRUE(at::equal(found.labels, at::arange(3)));
  std::filesystem::remove_all(options_.out);
  options_.class_names = {"a", "b", "c"};
  import_csv(options_);
  EXPECT_TRUE(at::equal(read_imported(options_.out).labels, at::arange(3)));
}

TEST_F(CsvImporter, AnIndexColumnIsNamed) {
  const std::string rows = "0,1,2,3,4,5,6,0\n1,7,8,9,10,11,12,1\n";
  for (const char* header : {"", ",0,1,2,3,4,5,label\n", "Unnamed: 0,a,b,c,d,e,f,g\n"}) {
    write_text(options_.file, header + rows);
    expect_refused<DataError>({"8 columns; expected 7", "is the first one an index?", "index=False"});
  }
  options_.label_column = LabelColumn::first;
  write_text(options_.file, ",a,b,c,d,e,f\n0,1,2,3,4,5,6\n1,7,8,9,10,11,12\n");
  expect_refused<DataError>({"the header calls column 1, read as the label, '': an index"});
}

TEST_F(CsvImporter, TheHeaderKnowsWhereTheLabelIs) {
  write_text(options_.file, "label,a,b,c,d,e,f\n0,1,2,3,4,5,6\n");
  expect_refused<DataError>(
      {"the header calls column 1 'label'", "read from column 7 ('f')", "--label-column first"});
  options_.label_column = LabelColumn::none;
  write_text(options_.file, "1,2,3,4,5,6,0\n");
  expect_refused<DataError>(
      {"7 columns; expected 6", "no label; say where the label is with --label-column"});
}

TEST_F(CsvImporter, ImportsWithoutLabelsAndInColour) {
  write_text(options_.file, "1,2,3,4,5,6\n7,8,9,10,11,12");
  options_.label_column = LabelColumn::none;
  options_.shape = {.channels = 3, .height = 1, .width = 2};
  options_.shards = 1;
  import_csv(options_);
  const ImportedDataset found = read_imported(options_.out);
  EXPECT_FALSE(found.index.spec.find(Meaning::label));
  EXPECT_TRUE(at::equal(found.images, at::arange(1, 13).to(at::kByte).reshape({2, 3, 1, 2})));
}

TEST_F(CsvImporter, WrongTablesAreNamed) {
  const auto expect_bad_row = [&](const std::string& row, const std::vector<std::string>& words) {
    write_rows();
    write_text(options_.file, read_text(options_.file) + row);
    expect_refused<DataError>(words);
  };
  expect_bad_row("1,2,3,4\n", {"table.csv: line 2001: 4 columns; expected 7: 1 x 3 x 2 pixels and a label"});
  expect_bad_row("1,2,3,4,5,6,0,0\n", {"table.csv: line 2001: 8 columns; expected 7"});
  expect_bad_row("1,2,256,4,5,6,0\n",
                 {"line 2001, column 3: the pixel is '256'; expected an integer from 0 to 255"});
  expect_bad_row("1,2,3,-4,5,6,0\n", {"line 2001, column 4: the pixel is '-4'"});
  expect_bad_row("1,2,3,4,5.5,6,0\n", {"line 2001, column 5: the pixel is '5.5'"});
  expect_bad_row("1,2,3,4,5,nan,0\n", {"line 2001, column 6: the pixel is 'nan'"});
  expect_bad_row("a,b,c,d,e,f,g\n", {"line 2001, column 1: the pixel is 'a'"});
  expect_bad_row("1,2,3,4,5,6,4000\n",
                 {"line 2001, column 7: the label is '4000'; expected an integer from 0 to 3999"});
  options_.class_names = {"a", "b", "c", "d"};
  expect_bad_row("1,2,3,4,5,6,4\n", {"line 2001, column 7: the label is '4'", "from 0 to 3"});
}

TEST_F(CsvImporter, FilesThatAreNoTableAreNamed) {
  write_text(options_.file, "");
  expect_refused<DataError>({"table.csv: no rows; expected one for each image"});
  write_text(options_.file, "a,b,c\n");
  expect_refused<DataError>({"table.csv: no rows"});
  write_rows();
  ASSERT_EQ(std::system(("gzip " + options_.file.string()).c_str()), 0);
  options_.file += ".gz";
  std::filesystem::resize_file(options_.file, 1000);
  expect_refused<DataError>({"table.csv.gz: the gzip stream is truncated"});
  options_.file = folder_ / "missing.csv";
  expect_refused<UserError>({"missing.csv: cannot read (No such file"});
}

TEST_F(CsvImporter, WrongOptionsAndAFullDiskLeaveNothingBehind) {
  write_rows();
  options_.shape.height = 0;
  expect_refused<UserError>({"the images are 0 x 2", "sides of 1 to 16384"});
  options_.shape = {.channels = 2, .height = 3, .width = 2};
  expect_refused<UserError>({"channels is 2; expected 1 or 3"});
  options_.shape.channels = 1;
  options_.label_column = LabelColumn::none;
  options_.class_names = {"a"};
  expect_refused<UserError>({"class names are given, but no label column"});
  options_.label_column = LabelColumn::last;
  options_.class_names.clear();
  const FullDisk full(4000);
  expect_refused<UserError>({"shard_00000.h5: cannot"});
}

}  // namespace
}  // namespace ganymede
