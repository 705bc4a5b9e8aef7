// Datasets on disks of the hosts themselves: rank 0 reads what it finds and sends it, so no file system need
// be shared.
#pragma once

#include <filesystem>
#include <vector>

#include "distributed/communicator.hpp"
#include "recipe/recipe.hpp"

namespace ganymede {

// Puts below `stage`, on every host, the shards that its ranks read, once a host and checked against their
// CRC-32; those that are there and sound stay as they are, so an interrupted staging goes on where it ended.
// sources: the recipe's datasets, whole, where rank 0 sees them. Returns [source] the folders to train from,
// the same on all hosts. Collective.
std::vector<std::filesystem::path> stage_datasets(const Recipe& recipe,
                                                  const std::vector<std::filesystem::path>& sources,
                                                  const std::filesystem::path& stage,
                                                  Communicator& communicator);

}  // namespace ganymede
