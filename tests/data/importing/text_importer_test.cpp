#include "data/importing/text_importer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/format/dataset_reader.hpp"
#include "data/importing/drawn_sequences.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;

at::Tensor read_sequences(const DatasetIndex& index) {
  const Field& field = index.spec.sample();
  const at::Tensor tokens = at::empty(field.sizes(index.samples), field.stored());
  DatasetReader(index).read(field, 0, index.samples, tokens);
  return tokens;
}

class TextImports : public testing::Test {
 protected:
  DatasetIndex import(const std::string& text, TextUnit unit = TextUnit::words) {
    write_text(folder_ / "text", text);
    std::filesystem::remove_all(folder_ / "out");
    import_text({.file = folder_ / "text", .unit = unit, .out = folder_ / "out"});
    return read_dataset_index(folder_ / "out");
  }
  void expect_refused(const std::string& text, const std::vector<std::string>& words,
                      TextUnit unit = TextUnit::words) {
    expect_error<DataError>([&] { import(text, unit); }, words);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  }
  TemporaryFolder folder_;
};

TEST_F(TextImports, WordsAreNumberedByHowOftenTheyOccur) {
  const DatasetIndex index = import("the cat sat\nthe dog sat\nthe end is\n");
  EXPECT_THAT(index.spec.sample().names, ElementsAre("the", "sat", "cat", "dog", "end", "is"));
  EXPECT_EQ(index.spec.sample().values, 6);
  EXPECT_TRUE(
      at::equal(read_sequences(index), at::tensor({0, 2, 1, 0, 3, 1, 0, 4, 5}, at::kInt).view({3, 3})));
}

TEST_F(TextImports, AnotherDatasetsVocabularyIsKept) {
  import_text({.file = (write_text(folder_ / "first", "the cat sat\nthe dog sat\n"), folder_ / "first"),
               .out = folder_ / "vocabulary"});
  write_text(folder_ / "text", "dog sat the\ncat the bird\n");
  TextImportOptions options{
      .file = folder_ / "text", .vocabulary = folder_ / "vocabulary", .out = folder_ / "out"};
  expect_error<DataError>([&] { import_text(options); }, {"text:2", "'bird'", "--skip-unknown"});
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out"));
  options.skip_unknown = true;
  import_text(options);
  const DatasetIndex index = read_dataset_index(folder_ / "out");
  EXPECT_THAT(index.spec.sample().names, ElementsAre("sat", "the", "cat", "dog"));
  EXPECT_TRUE(at::equal(read_sequences(index), at::tensor({3, 0, 1}, at::kInt).view({1, 3})));
  EXPECT_THAT(index.token_counts.at("sequences"), ElementsAre(1, 1, 0, 1));
}

TEST_F(TextImports, CharactersAreThoseOfUnicode) {
  const DatasetIndex index = import("春眠不觉晓\n处处闻啼鸟\n", TextUnit::characters);
  EXPECT_EQ(index.spec.sample().shape, std::vector<std::int64_t>{5});
  EXPECT_EQ(index.spec.sample().names.front(), "处");
  EXPECT_EQ(index.spec.sample().values, 9);
}

TEST_F(TextImports, MarksEndsOfLinesAndSpacesDoNotCount) {
  const at::Tensor plain = read_sequences(import("a b\nb c\n"));
  EXPECT_TRUE(at::equal(read_sequences(import("\xEF\xBB\xBF"
                                              "a b\r\n \t b\tc  \r\n")),
                        plain));
  EXPECT_TRUE(at::equal(read_sequences(import("\n\na b\n   \nb c")), plain)) << "empty lines are left out";
  EXPECT_TRUE(at::equal(read_sequences(import("  ab\nbc \n", TextUnit::characters)), plain));
}

TEST_F(TextImports, WhatIsNoTextOfEqualSequencesIsNamed) {
  expect_refused("a b\nc\n", {"text:2: 1 word, but the first sequence has 2"});
  expect_refused("ab\nabc\n", {"text:2: 3 characters, but the first sequence has 2"}, TextUnit::characters);
  expect_refused("a b\ncaf\xE9 c\n", {"text:2: it is not UTF-8"});
  expect_refused("", {"no line has a sequence"});
  expect_refused(" \n\t\n", {"no line has a sequence"});
  std::string long_line;
  for (int i = 0; i < 10'001; ++i) long_line += "a ";
  expect_refused(long_line, {"text:1: 10001 words, expected at most 10000"});
}

TEST(RandomSequences, AreUniformAndTheSameAgain) {
  const TemporaryFolder folder;
  const DatasetIndex index = make_random_sequences(
      {.out = folder / "one", .samples = 5000, .length = 8, .vocabulary = 20, .shards = 3});
  const at::Tensor tokens = read_sequences(index);
  const at::Tensor counts = at::bincount(tokens.flatten(), {}, 20).to(at::kDouble);
  EXPECT_LT(counts.sub(2000).square().sum().item<double>() / 2000, 60)
      << "chi squared of 19 degrees of freedom";
  const DatasetIndex fewer =
      make_random_sequences({.out = folder / "two", .samples = 100, .length = 8, .vocabulary = 20});
  EXPECT_TRUE(at::equal(read_sequences(fewer), tokens.narrow(0, 0, 100)));
  const DatasetIndex other = make_random_sequences(
      {.out = folder / "three", .samples = 100, .length = 8, .vocabulary = 20, .seed = 2});
  EXPECT_FALSE(at::equal(read_sequences(other), tokens.narrow(0, 0, 100)));
}

}  // namespace
}  // namespace ganymede
