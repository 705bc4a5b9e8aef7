// What `train` and `bench` build from a recipe before the first step. Unless another rank is named,
// collective.
#pragma once

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/batch_loader.hpp"
#include "data/sample_cache.hpp"
#include "gans/gan.hpp"
#include "recipe/recipe.hpp"

namespace ganymede {

struct RecipeArguments {
  std::string recipe;  // file or name
  std::vector<std::string> overrides;
  int threads = 0;  // a rank; 0 shares the cores among the ranks of a host
  std::int64_t cache_mib = kDefaultCacheMib;
};

// RECIPE, --set, --threads and --cache-mib. The arguments must outlive the parsing.
void add_recipe_options(CLI::App& command, RecipeArguments& arguments);

// The folder of the recipe's dataset, once they fit each other and the number of ranks; where_it_lay is for
// find_dataset. Rank 0 alone calls it.
std::filesystem::path find_fitting_dataset_on_root(
    const Recipe& recipe, int ranks, const std::optional<std::filesystem::path>& where_it_lay = {});

struct PlannedRecipe {
  Recipe recipe;
  std::filesystem::path dataset;
};

// Rank 0 reads the recipe and finds its dataset; every rank gets both.
PlannedRecipe agree_on_recipe(const RecipeArguments& arguments, Communicator& communicator);

// Rank 0's recipe, on every rank.
Recipe broadcast_recipe(Communicator& communicator, const Recipe& recipe);

// Sets the compute threads of this rank, as asked or its share of the host's cores; says how many.
// Collective.
int start_threads(int asked, Communicator& communicator);

// Reads the index on every rank and verifies the shards, each rank its share, unless that was done before.
// A signal to stop ends it at once, on all ranks.
DatasetIndex agree_on_dataset(const std::filesystem::path& folder, Communicator& communicator);

std::unique_ptr<Gan> agree_on_gan(const Recipe& recipe, const DatasetIndex& index,
                                  Communicator& communicator);

// step: of the GAN, where training starts.
std::unique_ptr<BatchLoader> agree_on_loader(const Recipe& recipe, const DatasetIndex& index, const Gan& gan,
                                             std::int64_t step, std::int64_t cache_mib,
                                             Communicator& communicator);

// "1 rank", "2 ranks".
std::string counted(std::int64_t count, const char* noun);

}  // namespace ganymede
