// Where a run reads from and writes to, as a host sees it.
#pragma once

#include <filesystem>

#include "diagnosis/finding.hpp"

namespace ganymede {

// That the dataset is here, its index can be read, and its shards' files have their sizes; not what is in
// them.
HostFinding examine_dataset(const std::filesystem::path& folder);

// That files can be written, synced and renamed where the run will be, and how much room there is. Leaves
// nothing behind.
HostFinding examine_run_place(const std::filesystem::path& run);

// That the run's folder can be made and locked, and is not another job's. `run` as `train --run` has it, or
// empty. On one rank only.
Finding examine_lock(const std::string& run);

}  // namespace ganymede
