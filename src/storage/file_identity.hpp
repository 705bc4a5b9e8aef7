// What changes when a file's content does, known without reading it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace ganymede {

struct FileIdentity {
  std::uint64_t inode = 0;
  std::int64_t bytes = 0;
  std::int64_t modified = 0;  // both in nanoseconds since 1970; programs may set this one back,
  std::int64_t changed = 0;   // but not this one

  bool operator==(const FileIdentity&) const = default;
};

// Nothing if there is no such file.
std::optional<FileIdentity> identify_file(const std::filesystem::path& file);

// Whether a write from now on must change the identity: clocks of file systems tick every few milliseconds,
// and a write in the tick of the last one leaves the times as they are.
bool is_settled(const FileIdentity& identity);

}  // namespace ganymede
