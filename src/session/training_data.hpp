// The datasets of a recipe on the hosts of a job: which shards lie where, whether they are sound, and the
// batches that come of them. Unless another rank is named, collective.
#pragma once

#include <filesystem>
#include <vector>

#include "data/format/dataset_index.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "procedures/procedure.hpp"
#include "recipe/recipe.hpp"
#include "training/training_step.hpp"

namespace ganymede {

at::ScalarType dtype_of(const Recipe& recipe);

// How batches of a source come; a loader needs first_batch, too.
BatchLoaderOptions loader_options(const Recipe& recipe, std::size_t source);

std::vector<DataSpec> specs_of(const std::vector<DatasetIndex>& indices);

// Throws where the recipe asks for what the dataset does not have. Local.
void check_fit(const Recipe& recipe, std::size_t source, const DatasetIndex& index);

// Numbers of the shards that the ranks of this host read. Local.
std::vector<std::size_t> shards_of_host(const Recipe& recipe, std::size_t source, const DatasetIndex& index,
                                        const Communicator& communicator);

// Verifies these shards, unless that was done before. A signal to stop ends it at once. Throws DataError if a
// shard is wrong. Local: each rank remembers in a file of its own.
void verify_shards(const DatasetIndex& index, const std::vector<std::size_t>& shards, int rank);

// Reads the indices on every rank. Shards that its ranks read must be there on every host, and are verified,
// unless that was done before: each rank does its share. A signal to stop ends it at once, on all ranks.
std::vector<DatasetIndex> agree_on_datasets(const Recipe& recipe,
                                            const std::vector<std::filesystem::path>& folders,
                                            Communicator& communicator);

// step: of the procedure, where training starts. device: that of the procedure.
Sources agree_on_sources(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                         const Procedure& procedure, at::Device device, std::int64_t step,
                         std::int64_t cache_mib, Communicator& communicator);

}  // namespace ganymede
