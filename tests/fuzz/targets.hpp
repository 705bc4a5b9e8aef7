// What reads files of others, each as a function of a file's bytes: a fuzzer makes them up, and a test tries
// those again that once showed a fault.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace ganymede {

struct FuzzTarget {
  std::string name;
  // Whether the bytes can be read; if not, a ganymede::Error has said why. Anything else is a fault, and
  // thrown on.
  bool (*read)(std::span<const std::uint8_t> bytes);
  // Sound files, from which a fuzzer begins.
  std::vector<std::string> (*examples)();
};

const std::vector<FuzzTarget>& fuzz_targets();
const FuzzTarget& fuzz_target(const std::string& name);

}  // namespace ganymede
