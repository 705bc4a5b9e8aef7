// How the words of a command line are taken apart.
#include "cli/command_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganymede {
namespace {

using Words = std::vector<std::string>;

Words separated(const Words& words) {
  std::vector<const char*> pointers{"ganymede"};
  for (const std::string& word : words) pointers.push_back(word.c_str());
  return separate_overrides(static_cast<int>(pointers.size()), pointers.data());
}

TEST(Overrides, TakeEveryAssignmentBehindSetAndNothingElse) {
  EXPECT_EQ(separated({"train", "--set", "a.b=1", "mlp"}), (Words{"train", "--set", "a.b=1", "mlp"}));
  EXPECT_EQ(separated({"train", "--set", "a=1", "b=2", "mlp", "--set", "c=3"}),
            (Words{"train", "--set", "a=1", "--set", "b=2", "mlp", "--set", "c=3"}));
  EXPECT_EQ(separated({"train", "--set=a=1", "b=2"}), (Words{"train", "--set=a=1", "--set", "b=2"}));
  EXPECT_EQ(separated({"train", "mlp", "a=1"}), (Words{"train", "mlp", "a=1"}));
  EXPECT_EQ(separated({"train", "--set", "a=1", "runs/lr=1/recipe.yaml"}),
            (Words{"train", "--set", "a=1", "runs/lr=1/recipe.yaml"}));
  EXPECT_EQ(separated({"train", "--set", "a", "mlp"}), (Words{"train", "--set", "a", "mlp"}));
  EXPECT_EQ(separated({"train", "--set"}), (Words{"train", "--set"}));
  EXPECT_EQ(separated({}), Words{});
}

class Options : public testing::Test {
 protected:
  std::string refusal(const Words& words) {
    try {
      Words reversed(words.rbegin(), words.rend());
      app_.parse(reversed);
      return "";
    } catch (const CLI::ParseError& error) {
      return error.what();
    }
  }
  CLI::App app_;
};

TEST_F(Options, RefuseNumbersInWords) {
  std::int64_t label = 0;
  double seconds = 0;
  expect_integer(app_.add_option("--label", label), kFromZero);
  expect_number(app_.add_option("--seconds", seconds), kPositive);
  EXPECT_EQ(refusal({"--label", "-1"}), "--label: -1; expected an integer from 0 on");
  EXPECT_EQ(refusal({"--label", "abc"}), "--label: abc; expected an integer from 0 on");
  EXPECT_THAT(refusal({"--label", "99999999999999999999"}), testing::HasSubstr("of at most 9e+18"));
  EXPECT_EQ(refusal({"--seconds", "nan"}), "--seconds: nan; expected a positive number");
  EXPECT_EQ(refusal({"--label", "010", "--seconds", "0.1"}), "");
  EXPECT_EQ(label, 10) << "not an octal number";
  EXPECT_EQ(seconds, 0.1);
}

TEST_F(Options, LeaveTheRecipeAloneAfterASet) {
  Words overrides;
  std::string recipe;
  app_.add_option("recipe", recipe);
  add_set_option(app_, overrides);
  EXPECT_EQ(refusal({"--set", "a=1", "--set", "b=2", "mlp"}), "");
  EXPECT_EQ(recipe, "mlp");
  EXPECT_EQ(overrides, (Words{"a=1", "b=2"}));
}

TEST_F(Options, RefuseNamesThatNoFolderTakes) {
  std::string run;
  expect_path(app_.add_option("--run", run));
  EXPECT_THAT(refusal({"--run", "runs/" + std::string(256, 'x')}), testing::HasSubstr("a name of 256 bytes"));
  EXPECT_EQ(refusal({"--run", "runs/" + std::string(255, 'x')}), "");
  std::string deep;
  for (int i = 0; i < 2100; ++i) deep += "x/";
  EXPECT_THAT(refusal({"--run", deep}), testing::HasSubstr("4200 bytes"));
}

}  // namespace
}  // namespace ganymede
