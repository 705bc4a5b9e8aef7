// What a call throws: its type and the words in its message.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.hpp"

namespace ganymede {

// The message must contain each of `words`: file, value found, value expected.
template <typename Exception, typename Call>
void expect_error(Call call, const std::vector<std::string>& words) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Exception& error) {
    for (const std::string& word : words) EXPECT_THAT(error.what(), testing::HasSubstr(word));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("\n"))) << "a line says it all";
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another exception was thrown: " << error.what();
  }
}

}  // namespace ganymede
