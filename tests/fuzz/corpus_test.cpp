// What fuzzing found, and sound files: each is read, or refused by an error.
#include <gtest/gtest.h>

#include "tests/fuzz/targets.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

class FuzzCorpus : public testing::TestWithParam<std::string> {};

TEST_P(FuzzCorpus, IsReadOrRefused) {
  const FuzzTarget& target = fuzz_target(GetParam());
  const auto read = [&](const std::string& bytes) {
    return target.read({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  for (const std::string& example : target.examples()) {
    EXPECT_TRUE(read(example)) << example;
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, example.size() / 2, example.size() - 1})
      read(example.substr(0, length));
  }
  const auto found = std::filesystem::path(GANYMEDE_SOURCE_DIR) / "tests/fuzz/corpus" / target.name;
  if (!std::filesystem::exists(found)) return;
  for (const auto& entry : std::filesystem::directory_iterator(found)) {
    SCOPED_TRACE(entry.path().string());
    EXPECT_NO_THROW(read(read_text(entry.path())));
  }
}

std::vector<std::string> target_names() {
  std::vector<std::string> names;
  for (const FuzzTarget& target : fuzz_targets()) names.push_back(target.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Targets, FuzzCorpus, testing::ValuesIn(target_names()),
                         [](const auto& target) { return target.param; });

}  // namespace
}  // namespace ganymede
