#include "storage/lock_claim.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <random>

#include "base/error.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kLongestText = 4096;

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string text_in(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}
std::int64_t integer_in(const Json& json, const char* key) {
  return json.contains(key) && json[key].is_number_integer() ? json[key].get<std::int64_t>() : 0;
}

}  // namespace

LockClaim make_claim(const ProcessIdentity& owner) {
  std::random_device device;
  return {.token = fmt::format("{:08x}{:08x}", device(), device()), .since = utc_now(), .owner = owner};
}

std::string to_text(const LockClaim& claim) {
  const Json json{{"host", claim.owner.host},
                  {"pid", claim.owner.pid},
                  {"since", claim.since},
                  {"started", claim.owner.started},
                  {"table", claim.owner.table},
                  {"token", claim.token},
                  {"beats", fmt::format("{:012}", claim.beats)}};
  return json.dump() + "\n";
}

std::optional<LockClaim> read_claim(const std::filesystem::path& file, timespec* changed) {
  const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  LockClaim claim{.token = {}, .since = {}, .owner = {}, .text = std::string(kLongestText, '\0')};
  const ssize_t count = ::read(descriptor, claim.text.data(), claim.text.size());
  struct stat status {};
  if (changed && ::fstat(descriptor, &status) == 0) *changed = status.st_mtim;
  ::close(descriptor);
  claim.text.resize(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  const Json json = Json::parse(claim.text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return claim;
  claim.token = text_in(json, "token");
  claim.since = text_in(json, "since");
  claim.owner = {.host = text_in(json, "host"),
                 .table = text_in(json, "table"),
                 .pid = integer_in(json, "pid"),
                 .started = integer_in(json, "started")};
  return claim;
}

std::string describe(const LockClaim& claim) {
  if (claim.token.empty()) return "unknown (its file is damaged)";
  return fmt::format("host {}, pid {}, since {}", claim.owner.host, claim.owner.pid, claim.since);
}

}  // namespace ganymede
