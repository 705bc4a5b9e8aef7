#include "data/samples/captions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"

namespace ganymede {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CaptionWords, AreLettersAndDigitsInSmall) {
  EXPECT_THAT(words_of_caption("A man, riding  a\twave.\n"), ElementsAre("a", "man", "riding", "a", "wave"));
  EXPECT_THAT(words_of_caption("flag: Åland Islands"), ElementsAre("flag", "Åland", "islands"));
  EXPECT_THAT(words_of_caption("T-shirt -- 'woman’s' 3x"), ElementsAre("t-shirt", "woman's", "3x"));
  EXPECT_THAT(words_of_caption("well- known -"), ElementsAre("well", "known"));
  EXPECT_THAT(words_of_caption(" .,! "), IsEmpty());
}

TEST(CaptionCoding, FillsUpShortCaptionsAndCutsLongOnes) {
  const CaptionCoder coder(caption_field(3, {"heart", "red"}));
  EXPECT_TRUE(at::equal(coder.encode({"red", "heart"}), at::tensor({2, 1, 0}, at::kLong)));
  EXPECT_TRUE(at::equal(coder.encode({"red", "red", "heart", "heart"}), at::tensor({2, 2, 1}, at::kLong)));
  EXPECT_EQ(coder.decode(at::tensor({2, 1, 0}, at::kLong)), "red heart");
  EXPECT_TRUE(at::equal(coder.encode_asked("Red heart!"), coder.encode({"red", "heart"})));
}

TEST(CaptionCoding, NamesEachUnknownWordAndWhatMayBeMeant) {
  const CaptionCoder coder(caption_field(3, {"heart", "red"}));
  EXPECT_THAT(coder.unknown({"blue", "red", "blue"}), ElementsAre("blue"));
  expect_error<UserError>([&] { coder.encode_asked("reed submarine"); },
                          {"'reed submarine'", "'reed' (did you mean 'red'?), 'submarine'"});
  expect_error<UserError>([&] { coder.encode_asked("!"); }, {"'!' has no words"});
  expect_error<UserError>([&] { coder.encode_asked("red red red heart"); }, {"4 words", "at most 3"});
}

TEST(CaptionFields, AreTokensBesideSamplesWithAnEmptyName) {
  DataSpec spec = image_spec({.channels = 1, .height = 2, .width = 2}, {"a"});
  EXPECT_FALSE(find_captions(spec));
  spec.fields.push_back(caption_field(3, {"heart"}));
  EXPECT_EQ(find_captions(spec), 2);
  EXPECT_EQ(spec.fields[2].values, 2);
  spec.fields[2].names.front() = "zero";
  EXPECT_FALSE(find_captions(spec)) << "its token 0 is a word";
  EXPECT_FALSE(find_captions({.fields = {caption_field(3, {"heart"})}})) << "the samples themselves";
}

}  // namespace
}  // namespace ganymede
