#include "data/format/verification_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <system_error>

#include "base/error.hpp"
#include "data/format/dataset_verification.hpp"
#include "storage/atomic_file.hpp"
#include "storage/checksum.hpp"
#include "storage/text_lines.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

fs::path variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// An empty path if the user has none.
fs::path cache_folder() {
  const fs::path cache = variable("XDG_CACHE_HOME"), home = variable("HOME");
  if (cache.is_absolute()) return cache / "ganymede";
  return home.is_absolute() ? home / ".cache" / "ganymede" : fs::path();
}

std::string canonical_name(const fs::path& folder) {
  std::error_code error;
  const fs::path canonical = fs::canonical(folder, error);
  return error ? folder.string() : canonical.string();
}

std::uint32_t checksum_of(std::string_view text) {
  return crc32(std::as_bytes(std::span(text)));
}

// The lines of all files of that folder whose names begin so; a folder or file that cannot be read has none.
void read_memories(const fs::path& folder, const std::string& name, std::set<std::string>& lines) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().string().starts_with(name)) continue;
    try {
      std::string line;
      for (TextLines text(entry->path()); text.next(line);) lines.insert(line);
    } catch (const Error&) {
      continue;
    }
  }
}

bool write_memory(const fs::path& file, const std::string& text) {
  try {
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    write_file_atomically(file, text);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

}  // namespace

VerificationMemory::VerificationMemory(const DatasetIndex& index, int rank) : index_(index) {
  index_mark_ = fmt::format("{:08x}", crc32_of_file(index.folder / kIndexFileName));
  name_ = fmt::format(".verified-{:08x}-", checksum_of(canonical_name(index.folder)));
  own_name_ = fmt::format("{}{}", name_, rank);
  if (const fs::path cache = cache_folder(); !cache.empty()) folders_.push_back(cache);
  folders_.push_back(index.folder);
  for (const fs::path& folder : folders_) read_memories(folder, name_, known_);
}

VerificationMemory::~VerificationMemory() {
  if (std::all_of(fresh_.begin(), fresh_.end(),
                  [&](const std::string& line) { return known_.contains(line); }))
    return;
  // What other ranks, or more ranks, have verified is kept unless it is of an index that has been replaced.
  for (const std::string& line : known_)
    if (line.starts_with(index_mark_)) fresh_.insert(line);
  for (const fs::path& folder : folders_)
    if (write_memory(folder / own_name_, fmt::format("{}\n", fmt::join(fresh_, "\n")))) return;
}

void VerificationMemory::verify_once(std::size_t shard, const std::function<bool()>& should_stop) {
  const auto before = identify_file(index_.shard_path(shard));
  const bool known = before && known_.contains(line_of(shard, *before));
  if (!known) verify_shard(index_, shard, should_stop);
  const auto after = identify_file(index_.shard_path(shard));
  if (after && before == after && is_settled(*after)) fresh_.insert(line_of(shard, *after));
}

std::string VerificationMemory::line_of(std::size_t shard, const FileIdentity& identity) const {
  return fmt::format("{} {} {} {} {} {}", index_mark_, identity.inode, identity.bytes, identity.modified,
                     identity.changed, index_.shards[shard].file);
}

}  // namespace ganymede
