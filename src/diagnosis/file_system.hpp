// Where a run reads from and writes to, as a host sees it.
#pragma once

#include <filesystem>
#include <functional>

#include "data/format/dataset_index.hpp"
#include "diagnosis/finding.hpp"

namespace ganymede {

// That the dataset is here, its index can be read, and the files of the shards that this host reads have
// their sizes; not what is in them.
using ShardChoice = std::function<std::vector<std::size_t>(const DatasetIndex&)>;
HostFinding examine_dataset(const std::string& name, const std::filesystem::path& folder,
                            const ShardChoice& shards_of_host);

// That files can be written, synced and renamed where the run will be, and how much room there is. Leaves
// nothing behind.
HostFinding examine_run_place(const std::filesystem::path& run);

// That the run's folder can be made and locked, and is not another job's. `run` as `train --run` has it, or
// empty. On one rank only.
Finding examine_lock(const std::string& run);

}  // namespace ganymede
