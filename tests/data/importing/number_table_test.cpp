// The forms in which programs write tables of numbers.
#include "data/importing/number_table.hpp"

#include <gtest/gtest.h>

#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

using Rows = std::vector<std::vector<std::string>>;

class NumberTableTest : public testing::Test {
 protected:
  Rows read(const std::string& text) {
    write_text(folder_ / "table.csv", text);
    NumberTable table(folder_ / "table.csv");
    Rows rows;
    while (table.next()) rows.emplace_back(table.fields().begin(), table.fields().end());
    header_ = table.header();
    return rows;
  }

  TemporaryFolder folder_;
  std::vector<std::string> header_;  // of the last table
};

TEST_F(NumberTableTest, SeparatorsQuotesAndLineEnds) {
  const Rows expected{{"1", "2.0", "3"}, {"4", "5", "6"}};
  for (const char* text : {"1,2.0,3\n4,5,6\n", "1, 2.0 ,3\r\n4,5,6", "1;2.0;3\n\n4;5;6\n",
                           "1\t2.0\t3\n4\t5\t6\n", "1 2.0 3\n4 5 6\n", "  1   2.0 3 \n 4   5   6\n",
                           "\"1\",\"2.0\",\"3\"\n\"4\",\"5\",\"6\"\n", "1,\"2.0\",3\n4, \"5\" ,6\n",
                           "\xEF\xBB\xBF"
                           "1,2.0,3\n4,5,6\n",
                           "# a, b\n1,2.0,3\n,,\n4,5,6\n,,\n", "\"a,b\";\"c \"\"d\"\"\";e\n1;2.0;3\n4;5;6\n"})
    EXPECT_EQ(read(text), expected) << text;
  EXPECT_EQ(header_, (std::vector<std::string>{"a,b", "c \"\"d\"\"", "e"}));
}

TEST_F(NumberTableTest, HeadersAreTold) {
  const Rows expected{{"5", "6", "7", "8"}};
  // Names, names beside numbers, and numbers alone as pandas gives them to columns without names.
  for (const char* header : {"a,b,c,d", "\"label\",\"1x1\",\"1x2\",\"1x3\"", "label,0,1,2", "0,1,2,label",
                             ",0,1,2", "label,1,2,3", "0,1,2,3", "\"0\",\"1\",\"2\",\"3\""}) {
    EXPECT_EQ(read(std::string(header) + "\n5,6,7,8\n"), expected) << header;
    EXPECT_EQ(header_.size(), 4U) << header;
  }
  // Images.
  for (const char* row : {"1,2,3,4", "0,1,2,4", "0,0,0,0", "3,2,1,0", "a,5,1,2"}) {
    EXPECT_EQ(read(std::string(row) + "\n5,6,7,8\n").size(), 2U) << row;
    EXPECT_TRUE(header_.empty()) << row;
  }
  EXPECT_EQ(read("0,1,2\n5,6,7\n").size(), 2U);
}

TEST_F(NumberTableTest, AnotherEncodingIsNamed) {
  expect_error<DataError>(
      [&] {
        read(
            std::string("\xFF\xFE"
                        "1\0,\0",
                        6));
      },
      {"table.csv: byte 0: the mark of UTF-16", "save the table as CSV in UTF-8"});
}

TEST_F(NumberTableTest, FieldsThatAreNoNumbers) {
  for (const char* field : {"", " ", "a", "1a", "1 2", "\"1\"", "0x10"})
    EXPECT_FALSE(number_in(field)) << field;
  EXPECT_EQ(number_in("-2.5e1"), -25.0);
}

}  // namespace
}  // namespace ganymede
