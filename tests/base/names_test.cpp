// Names of files and folders: their order, and their bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/natural_order.hpp"
#include "base/utf8.hpp"

namespace ganymede {
namespace {

TEST(NaturalOrder, NumbersCompareAsNumbers) {
  const std::vector<std::string> ordered{"",    "0", "00",   "1",     "02",     "2",
                                         "10",  "a", "a1b2", "a1b10", "a2",     "a2 ",
                                         "a10", "b", "b0",   "x9999", "x10000", "x99999999999999999999"};
  std::vector<std::string> names(ordered.rbegin(), ordered.rend());
  std::sort(names.begin(), names.end(), naturally_before);
  EXPECT_EQ(names, ordered);
  for (const std::string& name : names) EXPECT_FALSE(naturally_before(name, name)) << name;
}

TEST(Utf8, WellFormedBytesAreTold) {
  for (const char* text : {"", "plain", "caf\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xEE\x80\x80"})
    EXPECT_TRUE(is_utf8(text)) << text;
  // A byte of Latin-1, a cut character, an overlong one, half a surrogate pair, beyond the last one.
  for (const char* text :
       {"caf\xE9", "\xE2\x82", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(text));
}

TEST(Utf8, Latin1IsTranslated) {
  EXPECT_EQ(utf8_of_latin1("caf\xE9 \xC4\xFF"), "caf\xC3\xA9 \xC3\x84\xC3\xBF");
  EXPECT_EQ(utf8_of_latin1("plain"), "plain");
}

}  // namespace
}  // namespace ganymede
