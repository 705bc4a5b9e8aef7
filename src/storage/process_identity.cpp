#include "storage/process_identity.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/error.hpp"

namespace ganymede {
namespace {

struct ProcessState {
  char state = '?';
  std::int64_t started = 0;
};

// Fields 3 and 22 of /proc/PID/stat; the second is a name in brackets, with any characters.
std::optional<ProcessState> state_of(std::int64_t pid) {
  constexpr int kFieldsBetween = 18;
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  if (!std::getline(file, text) || text.rfind(')') == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  ProcessState process;
  fields >> process.state;
  std::string skipped;
  for (int i = 0; i < kFieldsBetween; ++i) fields >> skipped;
  fields >> process.started;
  return fields ? std::optional(process) : std::nullopt;
}

std::string process_table() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::error_code error;
  return boot + " " + std::filesystem::read_symlink("/proc/self/ns/pid", error).string();
}

}  // namespace

ProcessIdentity own_identity() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const auto state = state_of(::getpid());
  return {.host = host.data(),
          .table = process_table(),
          .pid = ::getpid(),
          .started = state ? state->started : 0};
}

// A zombie has ended: only its parent has not looked yet.
std::optional<bool> is_alive(const ProcessIdentity& process) {
  const ProcessIdentity own = own_identity();
  if (own.started == 0) return std::nullopt;  // no /proc here
  if (process.host != own.host || process.table != own.table) return std::nullopt;
  const auto state = state_of(process.pid);
  return state && state->started == process.started && state->state != 'Z' && state->state != 'X';
}

}  // namespace ganymede
