#include "data/format/class_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

using testing::ElementsAre;

LabelledClasses classes(const std::vector<std::int64_t>& samples,
                        const std::vector<std::string>& given = {}) {
  EXPECT_FALSE(label_without_name(samples, static_cast<std::int64_t>(given.size())));
  return classes_of_labels("labels", samples, given);
}

TEST(ClassNames, LabelsAreTheirOwnNames) {
  EXPECT_THAT(classes({5, 1, 2}).names, ElementsAre("0", "1", "2"));
  EXPECT_EQ(classes({5, 1, 2}).first, 0);
  EXPECT_THAT(classes({5, 0, 2}).names, ElementsAre("0", "1", "2"));
}

TEST(ClassNames, NoClassIsMadeOfLabelsBeforeTheFirst) {
  EXPECT_THAT(classes({0, 1, 2}).names, ElementsAre("1", "2"));
  EXPECT_EQ(classes({0, 1, 2}).first, 1);
  EXPECT_THAT(classes({0, 0, 0, 4}).names, ElementsAre("3"));
  EXPECT_EQ(classes({0, 0, 0, 4}).first, 3);
}

TEST(ClassNames, GivenNamesStandForLabelsFromZeroOrOne) {
  EXPECT_EQ(classes({1, 1, 1}, {"a", "b", "c"}).first, 0);
  EXPECT_EQ(classes({0, 1, 1, 1}, {"a", "b", "c"}).first, 1);
  EXPECT_EQ(classes({0, 0, 1, 1}, {"a", "b", "c"}).first, 1);
  EXPECT_EQ(classes({0, 1, 1}, {"a", "b", "c"}).first, 0);  // nothing says that a is label 1
  EXPECT_THAT(classes({0, 1, 1, 1}, {"a", "b", "c"}).names, ElementsAre("a", "b", "c"));
}

TEST(ClassNames, AUsersWordIsANameBeforeItIsANumber) {
  const std::vector<std::string> names = {"5", "shirt", "0"};
  EXPECT_EQ(find_class(names, "shirt"), 1);
  EXPECT_EQ(find_class(names, "0"), 2);
  EXPECT_EQ(find_class(names, "1"), 1);
  for (const char* word : {"3", "-1", "shir", "", "1.0", "99999999999999999999"})
    EXPECT_EQ(find_class(names, word), std::nullopt) << word;
}

TEST(ClassNames, LabelsBeyondTheNamesAreFound) {
  EXPECT_EQ(label_without_name({1, 1, 1, 1}, 3), 3);
  EXPECT_EQ(label_without_name({0, 1, 1, 1, 1}, 3), 4);
  EXPECT_EQ(label_without_name({1, 1, 1, 1}, 0), std::nullopt);
}

}  // namespace
}  // namespace ganymede
