#include "session/held_out.hpp"

#include <numeric>

#include "base/error.hpp"
#include "data/loading/whole_batch.hpp"
#include "session/training_data.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostHeldOut = 4000;

}  // namespace

std::vector<DatasetIndex> find_held_out(const Recipe& recipe, const std::vector<DataSpec>& sources) {
  std::vector<DatasetIndex> indices;
  for (const std::string& path : recipe.data.held_out) {
    const std::size_t source = indices.size();
    indices.push_back(read_dataset_index(find_dataset(path)));
    const DatasetIndex& index = indices.back();
    require(
        index.spec == sources[source],
        "data.held_out: {} has other fields, shapes or names than {}, which the run trains from; import it "
        "alike: texts and captions with --vocabulary",
        path, recipe.data.path[source]);
    std::vector<std::size_t> all(index.shards.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    verify_shards(index, all, /*rank=*/0);
  }
  return indices;
}

std::vector<Batch> read_held_out(const Recipe& recipe, const std::vector<DatasetIndex>& indices) {
  std::vector<Batch> batches;
  for (const DatasetIndex& index : indices) {
    BatchLoaderOptions options = loader_options(recipe, batches.size());
    options.horizontal_flip = false;
    batches.push_back(read_whole_batch(index, options, kMostHeldOut));
  }
  return batches;
}

}  // namespace ganymede
