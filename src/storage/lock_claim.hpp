// What the file of a FolderLock says.
#pragma once

#include <time.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "storage/process_identity.hpp"

namespace ganymede {

struct LockClaim {
  std::string token;  // of one lock of one process; empty where the file is damaged
  std::string since;  // a date, for people
  ProcessIdentity owner;
  std::int64_t beats = 0;
  std::string text = {};  // as it was read: it changes with every beat, damaged or not
};

// A claim that starts now.
LockClaim make_claim(const ProcessIdentity& owner);

// Of the same length for all beats: it is written over itself.
std::string to_text(const LockClaim& claim);

// Nothing where there is no such file. `changed` is the file server's time of its last change. Asks the
// server anew, where a look at the name might tell what this host remembers.
std::optional<LockClaim> read_claim(const std::filesystem::path& file, timespec* changed = nullptr);

// "host node7, pid 42, since 2030-01-31 12:00:00 UTC".
std::string describe(const LockClaim& claim);

}  // namespace ganymede
