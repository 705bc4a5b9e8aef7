// Which shards of a dataset have been verified, from one start of a training to the next: a shard is read
// again only if its file or the index has changed since.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "data/format/dataset_index.hpp"
#include "storage/file_identity.hpp"

namespace ganymede {

// Used by one thread. Each rank keeps a file of its own and believes those of all. They lie in
// $XDG_CACHE_HOME/ganymede, or ~/.cache/ganymede; where that cannot be written, in the dataset's folder,
// hidden; and if that is read-only too, nothing is remembered. That is never an error.
class VerificationMemory {
 public:
  VerificationMemory(const DatasetIndex& index, int rank);
  // Writes what was verified, also when a later shard is wrong or the user stops the program.
  ~VerificationMemory();
  VerificationMemory(const VerificationMemory&) = delete;
  VerificationMemory& operator=(const VerificationMemory&) = delete;

  // verify_shard, unless the shard is as it was when that last found nothing wrong. The same errors.
  void verify_once(std::size_t shard, const std::function<bool()>& should_stop);

 private:
  std::string line_of(std::size_t shard, const FileIdentity& identity) const;

  const DatasetIndex& index_;
  std::string index_mark_;                      // changes with the content of the index
  std::vector<std::filesystem::path> folders_;  // where memories may lie, the best first
  std::string name_, own_name_;                 // of the dataset's memories, of this rank's
  std::set<std::string> known_, fresh_;         // a line for each verified shard: of before, of now
};

}  // namespace ganymede
