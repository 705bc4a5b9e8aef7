#include "base/number_range.hpp"

#include <gtest/gtest.h>

namespace ganymede {
namespace {

constexpr Range kFew{.low = 1, .high = 9, .expected = "an integer from 1 to 9"};
constexpr Range kOpen{
    .low = 0, .high = 100, .low_open = true, .expected = "a positive number", .says_high = false};

TEST(NumberRange, TakesTheWholeTextAsADecimalNumber) {
  EXPECT_EQ(integer_in(kFew, "9"), 9);
  EXPECT_EQ(integer_in(kFew, "007"), 7);
  for (const char* text : {"", "0", "10", "1.5", "3x", " 3", "0x3", "nan", "99999999999999999999"})
    EXPECT_FALSE(integer_in(kFew, text)) << text;
  EXPECT_EQ(number_in(kOpen, "1e2"), 100);
  for (const char* text : {"", "0", "-1", "nan", "inf", "1e400", "101", "1,5"})
    EXPECT_FALSE(number_in(kOpen, text)) << text;
}

TEST(NumberRange, NamesABoundThatTheWordsDoNot) {
  EXPECT_EQ(expected_of(kOpen, "101"), "a positive number of at most 100");
  EXPECT_EQ(expected_of(kOpen, "1e400"), "a positive number of at most 100");
  for (const char* text : {"0", "-1e400", "nan", "many"}) EXPECT_EQ(expected_of(kOpen, text), kOpen.expected);
  EXPECT_EQ(expected_of(kFew, "10"), kFew.expected);
}

}  // namespace
}  // namespace ganymede
