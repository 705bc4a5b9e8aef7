#include "session/held_out.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "data/loading/whole_batch.hpp"
#include "distributed/agreement.hpp"
#include "session/training_data.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostHeldOut = 4000;

// Throws UserError unless each checkpoint's step has a report with the number that train.keep_best names.
void require_reported_best(const TrainOptions& options, const Schedule& schedule,
                           const std::vector<std::string>& figures) {
  if (!options.keep.best) return;
  const std::string& wanted = options.keep.best->scalar;
  std::vector<std::string> scalars;
  for (const Phase& phase : schedule.phases())
    for (const std::string& name : phase.scalars)
      if (std::find(scalars.begin(), scalars.end(), name) == scalars.end()) scalars.push_back(name);
  std::vector<std::string> known = scalars;
  known.insert(known.end(), figures.begin(), figures.end());
  require(std::find(known.begin(), known.end(), wanted) != known.end(),
          "train.keep_best.scalar is {}, which no report has; expected one of: {}", wanted,
          fmt::join(known, ", "));
  const bool is_scalar = std::find(scalars.begin(), scalars.end(), wanted) != scalars.end();
  const std::int64_t every = is_scalar ? options.report_every : *options.measure_every;
  require(
      options.checkpoint_every % every == 0,
      "train.checkpoint_every is {}, but {}, of which train.keep_best keeps the best, comes every {} steps; "
      "expected a multiple of that",
      options.checkpoint_every, wanted, every);
}

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

HeldOut agree_on_held_out(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                          Procedure& procedure, Communicator& communicator) {
  HeldOut held_out;
  agree_on_root(communicator, [&] {
    std::vector<std::string> changing;
    if (recipe.train.measure_every) {
      held_out.batches = read_held_out(recipe, find_held_out(recipe, specs_of(indices)));
      for (const Figure& figure : procedure.figures(held_out.batches)) {
        held_out.figures.push_back({figure.name, figure.value});
        if (!figure.fixed) changing.push_back(figure.name);
      }
    }
    require_reported_best(recipe.train, procedure.schedule(), changing);
  });
  return held_out;
}

}  // namespace ganymede
