#include "tests/cli/program_test.hpp"
#include "tests/support/test_dataset.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

using DatasetCommandTest = ProgramTest;

// A PNG of one grey pixel.
constexpr char kPng[] =
    "\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\000\001\000\000\000\001"
    "\010\000\000\000\000\072\176\233\125\000\000\000\012\111\104\101\124\170\234\143\150\000\000\000"
    "\202\000\201\167\315\162\266\000\000\000\000\111\105\116\104\256\102\140\202";

TEST_F(DatasetCommandTest, InspectShowsWhatItHolds) {
  const ProgramResult result = run({"dataset", "inspect", dataset()});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  for (const char* line : {"samples  256\n", "images   1 x 28 x 28", "classes  10: 0, 1, 2", "shards   2\n",
                           "shard_00000.h5", "shard_00001.h5"})
    EXPECT_THAT(result.output, HasSubstr(line));
}

TEST_F(DatasetCommandTest, VerifyAcceptsAWholeDataset) {
  const ProgramResult result = run({"dataset", "verify", dataset()});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(result.output, dataset().string() + ": 2 shards ok\n");
}

TEST_F(DatasetCommandTest, ANameIsFoundBelowTheDataFolder) {
  const ProgramOptions options{.environment = {{"GANYMEDE_DATA", dataset().parent_path()}}};
  EXPECT_EQ(run_program({"dataset", "verify", "patterns"}, options).exit_code, 0);
}

TEST_F(DatasetCommandTest, ImportsWithoutLabelsAndWithClassNames) {
  write_idx_images(folder_ / "images", {.samples = 20});
  write_idx_labels(folder_ / "labels", 20);
  const Words import{"dataset", "import", "idx", "--images", "images", "--out"};
  Words plain = import, named = import;
  plain.emplace_back("plain");
  for (const char* word : {"named", "--labels", "labels", "--class-names", "a,b,c,d,e,f,g,h,i,j"})
    named.emplace_back(word);
  EXPECT_THAT(run(plain).output, HasSubstr("classes  none (no labels)"));
  EXPECT_THAT(run(named).output, HasSubstr("classes  10: a, b, c, d"));
  for (const char* name : {"plain", "named"})
    EXPECT_EQ(run({"dataset", "verify", name}).exit_code, 0) << name;
}

TEST_F(DatasetCommandTest, ImportIsTheSameEachTime) {
  import_test_dataset(folder_ / "again");
  for (const char* file : {"index.json", "shard_00000.h5", "shard_00001.h5"})
    EXPECT_TRUE(read_text(folder_ / "again" / file) == read_text(dataset() / file)) << file;
}

TEST_F(DatasetCommandTest, MakesPointsAndStackedDigits) {
  EXPECT_THAT(run({"dataset", "make", "ring", "--samples", "1000", "--out", "ring"}).output,
              HasSubstr("modes    8 Gaussians of standard deviation 0.01"));
  EXPECT_THAT(run({"dataset", "make", "grid", "--samples", "1000", "--shards", "3", "--out", "grid"}).output,
              HasSubstr("modes    25 Gaussians of standard deviation 0.05"));
  const ProgramResult stacked = run({"dataset", "make", "stacked-digits", "--source", dataset(), "--samples",
                                     "300", "--seed", "7", "--out", "stacked"});
  EXPECT_THAT(stacked.output, HasSubstr("images   3 x 28 x 28"));
  EXPECT_THAT(stacked.output, HasSubstr("classes  1000: 000, 001"));
  for (const char* name : {"ring", "grid", "stacked"})
    EXPECT_EQ(run({"dataset", "verify", name}).exit_code, 0) << name;
}

TEST_F(DatasetCommandTest, ImportsATable) {
  write_text(folder_ / "table.csv", "1,10,2\n0,30,4\n");
  const ProgramResult result = run({"dataset", "import", "csv", "table.csv", "--height", "1", "--width", "2",
                                    "--label-column", "first", "--out", "table"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("samples  2\nimages   1 x 1 x 2"));
  EXPECT_THAT(result.output, HasSubstr("classes  2: 0, 1\n"));
}

TEST_F(DatasetCommandTest, ClassNamesLeaveTheNextWordAlone) {
  write_text(folder_ / "table.csv", "1,10,2\n0,30,4\n");
  const ProgramResult result = run({"dataset", "import", "csv", "--label-column", "first", "--class-names",
                                    "a,b", "table.csv", "--height", "1", "--width", "2", "--out", "table"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_THAT(result.output, HasSubstr("classes  2: a, b\n"));
}

// Whatever encoding the names of files have: what is imported can be verified and trained on.
TEST_F(DatasetCommandTest, NamesInLatin1AreImportedAndTrainedOn) {
  const std::string png(kPng, sizeof kPng - 1);
  for (const char* name : {"caf\xE9", "tea"}) {
    fs::create_directories(folder_ / "pictures" / name);
    for (int i = 0; i < 10; ++i) write_text(folder_ / "pictures" / name / (std::to_string(i) + ".png"), png);
  }
  const ProgramResult result = run({"dataset", "import", "folder", "pictures", "--height", "8", "--width",
                                    "8", "--channels", "1", "--out", "latin"});
  EXPECT_EQ(result.exit_code, 0) << result.describe();
  EXPECT_EQ(run({"dataset", "verify", "latin"}).exit_code, 0);
  train("latin-run", 2, {"data.path=latin", "train.steps=2"});
}

TEST_F(DatasetCommandTest, TrainingTakesPointsAndMirroredImages) {
  ASSERT_EQ(run({"dataset", "make", "ring", "--samples", "100", "--out", "ring"}).exit_code, 0);
  train("points", 2, {"data.path=ring", "train.steps=3"});
  train("mirrored", 2, {"data.horizontal_flip=true", "train.steps=3"});
  train("plain", 2, {"train.steps=3"});
  EXPECT_NE(read_metrics(folder_ / "mirrored").back()["discriminator_loss"],
            read_metrics(folder_ / "plain").back()["discriminator_loss"]);
}

}  // namespace
}  // namespace ganymede
