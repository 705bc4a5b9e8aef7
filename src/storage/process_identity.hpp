// Who a process is, so that another one, later and perhaps elsewhere, can tell whether it still lives.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace ganymede {

struct ProcessIdentity {
  std::string host;   // for people: two machines may have the same name
  std::string table;  // of processes: a boot of a machine and, in a container, its own numbering
  std::int64_t pid = 0;
  std::int64_t started = 0;  // ticks after the boot: a pid is given again

  bool operator==(const ProcessIdentity&) const = default;
};

ProcessIdentity own_identity();

// Nothing where the process is in a table that this one cannot look at.
std::optional<bool> is_alive(const ProcessIdentity& process);

}  // namespace ganymede
