#include "base/failure.hpp"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

namespace ganymede {
namespace {

using testing::HasSubstr;

Failure failure_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::exception& error) {
    Failure failure = describe_failure(error);
    EXPECT_EQ(failure.message.find('\n'), std::string::npos) << failure.message;
    return failure;
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Failures, OfOursSayTheirOwnWordsAndCode) {
  const Failure failure = failure_of([] { throw DataError("x.h5: damaged"); });
  EXPECT_EQ(failure.message, "x.h5: damaged");
  EXPECT_EQ(failure.code, ExitCode::data_error);
}

TEST(Failures, OfLibTorchAreOneLine) {
  EXPECT_THAT(failure_of([] { at::zeros({2, 3}).mm(at::zeros({2, 3})); }).message, HasSubstr("mat1"));
  // More than any machine has.
  const Failure memory = failure_of([] { at::empty({std::int64_t{1} << 55}); });
  EXPECT_THAT(memory.message, HasSubstr("out of memory"));
  EXPECT_THAT(memory.message, HasSubstr("bytes"));
  EXPECT_EQ(memory.code, ExitCode::failure);
}

TEST(Failures, OfAPathAreAMistakeOfTheCommand) {
  const Failure failure = failure_of([] { std::filesystem::create_directory(std::string(300, 'x')); });
  EXPECT_THAT(failure.message, HasSubstr("xxx: File name too long"));
  EXPECT_EQ(failure.code, ExitCode::user_error);
}

TEST(Failures, OfADiskAreNobodysMistake) {
  for (const int code : {ENOSPC, EDQUOT, EIO}) {
    const Failure failure = failure_of([&] {
      throw std::filesystem::filesystem_error("cannot", "x/y",
                                              std::error_code(code, std::generic_category()));
    });
    EXPECT_THAT(failure.message, HasSubstr("x/y: "));
    EXPECT_EQ(failure.code, ExitCode::failure) << failure.message;
    EXPECT_EQ(failure_of([&] { throw_path_error(code, "x/y: cannot"); }).code, ExitCode::failure) << code;
  }
  EXPECT_EQ(failure_of([] { throw_path_error(EROFS, "x/y: cannot"); }).code, ExitCode::user_error);
}

TEST(Failures, OfMemoryAdvise) {
  EXPECT_THAT(failure_of([] { throw std::bad_alloc(); }).message, HasSubstr("smaller"));
}

}  // namespace
}  // namespace ganymede
