#include "session/training_setup.hpp"

#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "base/processor.hpp"
#include "base/usable_cores.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "procedures/step_recording.hpp"
#include "recipe/recipe_library.hpp"
#include "session/training_data.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

// Each rank gets something to do. Collective sums in reproducible mode are complete binary trees over ranks.
void check_ranks(const Recipe& recipe, int ranks) {
  const std::int64_t batch = recipe.data.global_batch_size, together = places_together(recipe.procedure);
  require(batch / together >= ranks,
          "data.global_batch_size is {}, but there are {} ranks; expected at least {} a rank", batch, ranks,
          together == 1 ? "one sample" : fmt::format("one pack of {} samples", together));
  check_shares(recipe.procedure, recipe.batch(), ranks);
  if (!recipe.reproducible) return;
  const std::int64_t replicas = recipe.reproducible->replicas;
  require(
      std::has_single_bit(static_cast<unsigned>(ranks)) && replicas % ranks == 0,
      "there are {} ranks and {} virtual replicas (reproducible.replicas); expected a number of ranks that "
      "is a power of two and divides the replicas",
      ranks, replicas);
}

// Refuses more threads than a rank's cores serve, and warns where they have to take turns. Collective.
void check_threads(int threads, bool asked, Communicator& communicator) {
  const double cores = usable_cores(allowed_cores(), core_quota());
  const std::string found = fmt::format("{}={} for {:.3g} core{}", asked ? "--threads" : "OMP_NUM_THREADS",
                                        threads, cores, cores == 1 ? "" : "s");
  agree(communicator, [&] {
    require(threads <= most_threads(cores),
            "{} that a rank may use here; expected at most {} threads; give fewer, or more cores: `ganymede "
            "doctor` shows what there is",
            found, most_threads(cores));
  });
  const auto all = gather_texts(communicator, threads > std::max(1.0, cores) ? found : "");
  const auto crammed = std::find_if(all.begin(), all.end(), [](const auto& text) { return !text.empty(); });
  if (communicator.rank() == 0 && crammed != all.end())
    spdlog::warn("rank {} has {}: they take turns, fewer are faster", crammed - all.begin(), *crammed);
}

void warn_where_bfloat16_is_slow(Communicator& communicator) {
  const at::Tensor slow = at::full({1}, has_bfloat16_products() ? 0 : 1, at::kLong);
  communicator.all_reduce_sum_(slow);
  if (const auto ranks = slow.item<std::int64_t>(); communicator.rank() == 0 && ranks > 0)
    spdlog::warn(
        "precision: mixed, but the processors of {} of {} ranks have no instructions for bfloat16 "
        "(AVX512-BF16): float32 is faster there",
        ranks, communicator.size());
}

// Reproducible mode promises the same bits wherever a rank runs.
void warn_where_processors_differ(Communicator& communicator) {
  const auto differing = find_other_text(communicator, at::get_cpu_capability());
  if (communicator.rank() == 0 && differing)
    spdlog::warn(
        "reproducible: rank 0 computes with {} and rank {} with {}: other ranks, or the same ranks on other "
        "hosts, will not have these bits",
        differing->of_first, differing->rank, differing->other);
}

}  // namespace

CommunicationOptions communication_of(const Recipe& recipe, int ranks) {
  CommunicationOptions options = recipe.communication;
  const bool equal_shares = recipe.data.global_batch_size % (ranks * places_together(recipe.procedure)) == 0;
  if (recipe.reproducible || !equal_shares) options.factors = Factors::off;
  return options;
}

std::vector<fs::path> find_fitting_datasets_on_root(const Recipe& recipe, int ranks,
                                                    const std::vector<fs::path>& where_they_lay) {
  std::vector<fs::path> folders;
  for (const std::string& path : recipe.data.path) {
    const std::size_t source = folders.size();
    const auto where_it_lay =
        source < where_they_lay.size() ? std::optional(where_they_lay[source]) : std::nullopt;
    const DatasetIndex index = read_index_file(find_dataset(path, where_it_lay));
    check_fit(recipe, source, index);
    folders.push_back(fs::absolute(index.folder));
  }
  check_ranks(recipe, ranks);
  return folders;
}

PlannedRecipe agree_on_recipe(const RecipeArguments& arguments, Communicator& communicator) {
  PlannedRecipe planned;
  agree_on_root(communicator, [&] {
    require(!arguments.recipe.empty(), "which recipe? `ganymede recipe list` shows those that exist");
    planned.recipe = load_recipe(find_recipe(arguments.recipe), arguments.overrides);
    planned.datasets = find_fitting_datasets_on_root(planned.recipe, communicator.size());
  });
  planned.recipe = broadcast_recipe(communicator, planned.recipe);
  planned.datasets = broadcast_paths(communicator, planned.datasets);
  return planned;
}

Recipe broadcast_recipe(Communicator& communicator, const Recipe& recipe) {
  return parse_recipe(broadcast_text(communicator, to_yaml(recipe)), "recipe of rank 0");
}

std::vector<fs::path> broadcast_paths(Communicator& communicator, const std::vector<fs::path>& paths) {
  const at::Tensor count = at::full({1}, static_cast<std::int64_t>(paths.size()), at::kLong);
  communicator.broadcast_(count);
  std::vector<fs::path> received(static_cast<std::size_t>(count.item<std::int64_t>()));
  for (std::size_t i = 0; i < received.size(); ++i)
    received[i] = broadcast_text(communicator, i < paths.size() ? paths[i].string() : "");
  return received;
}

int choose_threads(int asked, bool reproducible, Communicator& communicator) {
  const std::vector<cpu_set_t> allowed_of = gather_on_host(communicator, allowed_cores());
  if (asked > 0) return asked;
  if (reproducible) return 1;
  if (const auto threads = threads_of_openmp(std::getenv("OMP_NUM_THREADS"))) return *threads;
  return share_of_cores(allowed_of, static_cast<std::size_t>(communicator.host_rank()), core_quota());
}

int start_threads(int asked, const Recipe& recipe, Communicator& communicator) {
  const int threads = choose_threads(asked, recipe.reproducible.has_value(), communicator);
  check_threads(threads, asked > 0, communicator);
  // A critic that has died leaves moments that decay for ever: arithmetic on denormal numbers is a hundred
  // times slower.
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(threads);
  return threads;
}

ProcedureSetting procedure_setting(const Recipe& recipe, std::vector<DataSpec> sources, at::Device device) {
  return {.seed = static_cast<std::uint64_t>(recipe.seed),
          .sources = std::move(sources),
          .pixels = recipe.data.pixels,
          .compute = at::TensorOptions(dtype_of(recipe)).device(device),
          .mixed_precision = recipe.precision == Precision::mixed,
          .replicas = recipe.batch().replicas};
}

std::unique_ptr<Procedure> agree_on_procedure(const Recipe& recipe, const std::vector<DatasetIndex>& indices,
                                              at::Device device, Communicator& communicator) {
  JoinRanks join;
  agree(communicator, [&] {
    join = prepare_procedure(recipe.procedure, procedure_setting(recipe, specs_of(indices), device),
                             communicator);
  });
  if (recipe.precision == Precision::mixed && device.is_cpu()) warn_where_bfloat16_is_slow(communicator);
  if (recipe.reproducible) warn_where_processors_differ(communicator);
  std::unique_ptr<Procedure> procedure = join();
  record_steps(device, *procedure, communicator);
  return procedure;
}

}  // namespace ganymede
