// libFuzzer's entry: FUZZ_TARGET in the environment says what reads the bytes; FUZZ_EXAMPLES, where it is
// set, is a folder that gets the target's examples at the start.
#include <spdlog/spdlog.h>

#include <cstdlib>

#include "tests/fuzz/targets.hpp"
#include "tests/support/temporary_folder.hpp"

namespace {

const ganymede::FuzzTarget& target() {
  static const ganymede::FuzzTarget& one = ganymede::fuzz_target(std::getenv("FUZZ_TARGET"));
  return one;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  spdlog::set_level(spdlog::level::off);
  if (const char* folder = std::getenv("FUZZ_EXAMPLES")) {
    int number = 0;
    for (const std::string& example : target().examples())
      ganymede::write_text(std::filesystem::path(folder) / std::to_string(number++), example);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  target().read({data, size});
  return 0;
}
