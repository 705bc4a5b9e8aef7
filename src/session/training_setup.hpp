// What `train` and `bench` build from a recipe before the first step. Unless another rank is named,
// collective.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/format/dataset_index.hpp"
#include "data/loading/sample_cache.hpp"
#include "procedures/procedure.hpp"
#include "recipe/recipe.hpp"

namespace ganymede {

struct RecipeArguments {
  std::string recipe;  // file or name
  std::vector<std::string> overrides;
  int threads = 0;  // a rank; 0 leaves it to choose_threads
  std::int64_t cache_mib = kDefaultCacheMib;
};

// The folders of the recipe's datasets, once they fit it and the number of ranks; where_they_lay [source], or
// empty, is for find_dataset. Rank 0 alone calls it.
std::vector<std::filesystem::path> find_fitting_datasets_on_root(
    const Recipe& recipe, int ranks, const std::vector<std::filesystem::path>& where_they_lay = {});

struct PlannedRecipe {
  Recipe recipe;
  std::vector<std::filesystem::path> datasets;  // [source]
};

// Rank 0 reads the recipe and finds its datasets; every rank gets both.
PlannedRecipe agree_on_recipe(const RecipeArguments& arguments, Communicator& communicator);

// What the recipe asks for, but that factors travel only where all ranks have equally many, and sums need not
// have the order of reproducible mode.
CommunicationOptions communication_of(const Recipe& recipe, int ranks);

// Rank 0's, on every rank.
Recipe broadcast_recipe(Communicator& communicator, const Recipe& recipe);
std::vector<std::filesystem::path> broadcast_paths(Communicator& communicator,
                                                   const std::vector<std::filesystem::path>& paths);

// Compute threads of this rank: as asked, else one in reproducible mode, else as OMP_NUM_THREADS says, else
// its share of the host's cores. Another number of threads rounds differently: it does not depend on what
// else runs there, and in reproducible mode not on how many ranks share a host. Collective.
int choose_threads(int asked, bool reproducible, Communicator& communicator);

// Computes with so many from now on; says how many. Throws AgreedError where they are far more than a rank's
// cores. Collective.
int start_threads(int asked, const Recipe& recipe, Communicator& communicator);

// For a procedure that trains from such sources.
ProcedureSetting procedure_setting(const Recipe& recipe, std::vector<DataSpec> sources,
                                   at::Device device = at::kCPU);

std::unique_ptr<Procedure> agree_on_procedure(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                                              at::Device device, Communicator& communicator);

}  // namespace ganymede
