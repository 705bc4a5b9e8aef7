#include "cli/training_setup.hpp"

#include <ATen/Parallel.h>

#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "base/usable_cores.hpp"
#include "cli/cache_option.hpp"
#include "cli/command_line.hpp"
#include "data/verification_memory.hpp"
#include "distributed/agreement.hpp"
#include "recipe/recipe_library.hpp"
#include "training/stop_request.hpp"

namespace ganymede {
namespace {

at::ScalarType dtype_of(const Recipe& recipe) {
  return recipe.precision == Precision::float64 ? at::kDouble : at::kFloat;
}

// The cores that each rank of this host is allowed; ranks of a host are neighbours. Collective.
std::vector<cpu_set_t> gather_allowed_cores(Communicator& communicator) {
  const cpu_set_t mine = allowed_cores();
  const at::Tensor bytes = at::empty({sizeof mine}, at::kByte);
  std::memcpy(bytes.mutable_data_ptr(), &mine, sizeof mine);
  const at::Tensor all = communicator.all_gather(bytes);
  std::vector<cpu_set_t> of_host(static_cast<std::size_t>(communicator.node_size()));
  const int first = communicator.rank() - communicator.node_rank();
  std::memcpy(of_host.data(), all[first].const_data_ptr(), of_host.size() * sizeof mine);
  return of_host;
}

// Compute threads of this rank: as asked, else as OMP_NUM_THREADS says, else its share of the host's cores.
// It does not depend on what else runs there: another number of threads rounds differently. Collective.
int choose_threads(int asked, Communicator& communicator) {
  const std::vector<cpu_set_t> allowed_of = gather_allowed_cores(communicator);
  if (asked > 0) return asked;
  if (const auto threads = threads_of_openmp(std::getenv("OMP_NUM_THREADS"))) return *threads;
  return share_of_cores(allowed_of, static_cast<std::size_t>(communicator.node_rank()), core_quota());
}

void check_batch(const Recipe& recipe, const DatasetIndex& index, int ranks) {
  const std::int64_t batch = recipe.data.global_batch_size;
  const std::int64_t packing = recipe.gan.packing;
  require(batch / packing >= ranks,
          "data.global_batch_size is {}, but there are {} ranks; expected at least {} a rank", batch, ranks,
          packing == 1 ? "one sample" : fmt::format("one pack of {} samples", packing));
  require(batch <= index.samples,
          "data.global_batch_size is {}, but {} has {} samples; expected at most that many", batch,
          index.folder.string(), index.samples);
  check_batch_statistics(recipe.gan,
                         {.global_batch_size = batch, .ranks = ranks, .replicas = recipe.replicas()});
}

// Collective sums in reproducible mode are complete binary trees over ranks.
void check_ranks(const Recipe& recipe, int ranks) {
  if (!recipe.reproducible) return;
  const std::int64_t replicas = recipe.reproducible->replicas;
  require(
      std::has_single_bit(static_cast<unsigned>(ranks)) && replicas % ranks == 0,
      "there are {} ranks and {} virtual replicas (reproducible.replicas); expected a number of ranks that "
      "is a power of two and divides the replicas",
      ranks, replicas);
}

}  // namespace

void add_recipe_options(CLI::App& command, RecipeArguments& arguments) {
  command.add_option("recipe", arguments.recipe, "Recipe file or name");
  add_set_option(command, arguments.overrides);
  constexpr Range kThreads{.low = 1, .high = 1024, .expected = "an integer from 1 to 1024"};
  expect_integer(
      command.add_option("--threads", arguments.threads,
                         "Compute threads a rank [OMP_NUM_THREADS, else the host's cores, shared]"),
      kThreads);
  add_cache_option(command, arguments.cache_mib);
}

std::filesystem::path find_fitting_dataset_on_root(const Recipe& recipe, int ranks,
                                                   const std::optional<std::filesystem::path>& where_it_lay) {
  const DatasetIndex index = read_dataset_index(find_dataset(recipe.data.path, where_it_lay));
  check_batch(recipe, index, ranks);
  check_ranks(recipe, ranks);
  return std::filesystem::absolute(index.folder);
}

PlannedRecipe agree_on_recipe(const RecipeArguments& arguments, Communicator& communicator) {
  PlannedRecipe planned;
  agree_on_root(communicator, [&] {
    require(!arguments.recipe.empty(), "which recipe? `ganymede recipe list` shows those that exist");
    planned.recipe = load_recipe(find_recipe(arguments.recipe), arguments.overrides);
    planned.dataset = find_fitting_dataset_on_root(planned.recipe, communicator.size());
  });
  planned.recipe = broadcast_recipe(communicator, planned.recipe);
  planned.dataset = broadcast_text(communicator, planned.dataset.string());
  return planned;
}

Recipe broadcast_recipe(Communicator& communicator, const Recipe& recipe) {
  return parse_recipe(broadcast_text(communicator, to_yaml(recipe)), "recipe of rank 0");
}

int start_threads(int asked, Communicator& communicator) {
  const int threads = choose_threads(asked, communicator);
  // A critic that has died leaves moments that decay for ever: arithmetic on denormal numbers is a hundred
  // times slower.
  at::globalContext().setFlushDenormal(true);
  at::set_num_threads(threads);
  return threads;
}

DatasetIndex agree_on_dataset(const std::filesystem::path& folder, Communicator& communicator) {
  DatasetIndex index;
  agree(communicator, [&] { index = read_dataset_index(folder); });
  agree(communicator, [&] {
    VerificationMemory memory(index, communicator.rank());
    for (std::size_t shard = communicator.rank(); shard < index.shards.size(); shard += communicator.size())
      memory.verify_once(shard, stop_requested);
  });
  return index;
}

std::unique_ptr<Gan> agree_on_gan(const Recipe& recipe, const DatasetIndex& index,
                                  Communicator& communicator) {
  const GanSetting setting{.seed = static_cast<std::uint64_t>(recipe.seed),
                           .shape = index.shape,
                           .classes = static_cast<std::int64_t>(index.class_names.size()),
                           .dtype = dtype_of(recipe),
                           .replicas = recipe.replicas()};
  AdversarialNetworks networks;
  agree(communicator, [&] { networks = make_adversarial_networks(recipe.gan, setting, communicator); });
  return make_adversarial_gan(recipe.gan, setting, networks, communicator);
}

std::unique_ptr<BatchLoader> agree_on_loader(const Recipe& recipe, const DatasetIndex& index, const Gan& gan,
                                             std::int64_t step, std::int64_t cache_mib,
                                             Communicator& communicator) {
  const BatchLoaderOptions options{.seed = static_cast<std::uint64_t>(recipe.seed),
                                   .global_batch_size = recipe.data.global_batch_size,
                                   .places_together = recipe.gan.packing,
                                   .pixel_low = recipe.data.pixels[0],
                                   .pixel_high = recipe.data.pixels[1],
                                   .horizontal_flip = recipe.data.horizontal_flip,
                                   .dtype = dtype_of(recipe),
                                   .first_step = step * gan.batches_per_step()};
  auto cache = cache_samples(index, cache_mib << 20, communicator.node());
  std::unique_ptr<BatchLoader> loader;
  agree(communicator, [&] {
    loader = std::make_unique<BatchLoader>(index, options, communicator.rank(), communicator.size(),
                                           std::move(cache));
  });
  return loader;
}

std::string counted(std::int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace ganymede
