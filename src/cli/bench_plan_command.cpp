#include <algorithm>
#include <cmath>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "cli/bench_json.hpp"
#include "cli/bench_plan_report.hpp"
#include "cli/bench_subcommands.hpp"
#include "cli/cache_option.hpp"
#include "cli/command_line.hpp"
#include "cli/recipe_options.hpp"
#include "distributed/agreement.hpp"
#include "session/training_data.hpp"

namespace ganymede {
namespace {

struct PlanArguments {
  RecipeArguments from;
  std::vector<std::int64_t> nodes = {1};
  std::int64_t ranks_per_node = 0;    // 0: as many as here
  double bandwidth = 0, latency = 0;  // Gbit/s, microseconds
  bool strong = false, validate = false;
  double seconds = 20;
  std::string json;
};

Interconnect network_of(const PlanArguments& arguments, const CommunicationOptions& options) {
  return {.bandwidth = arguments.bandwidth * 1e9 / 8,
          .latency = arguments.latency * 1e-6,
          .overlap = options.overlap != Overlap::off};
}

// Whether a training on the cluster's ranks would let factors of gradients travel.
bool may_send_factors(const PlanArguments& arguments, Recipe recipe, std::int64_t nodes,
                      std::int64_t ranks_per_node) {
  if (nodes == 1 || ranks_per_node > 1) return false;
  if (!arguments.strong) recipe.data.global_batch_size *= nodes;
  return communication_of(recipe, static_cast<int>(nodes)).factors != Factors::off;
}

// The cluster with the rows that the kind of scaling gives each of its ranks; the largest part of an uneven
// batch, in whole packs.
Cluster make_cluster(const PlanArguments& arguments, const Recipe& recipe, std::int64_t nodes,
                     std::int64_t ranks_per_node) {
  const std::int64_t batch = recipe.data.global_batch_size / places_together(recipe.procedure);
  const std::int64_t sharing = ranks_per_node * (arguments.strong ? nodes : 1);
  require(sharing <= batch,
          "data.global_batch_size is {}, to be shared by {} ranks; expected at least {} for each of them",
          recipe.data.global_batch_size, sharing, counted(places_together(recipe.procedure), "sample"));
  return {.nodes = nodes,
          .ranks_per_node = ranks_per_node,
          .rows = (batch + sharing - 1) / sharing * places_together(recipe.procedure),
          .factors = may_send_factors(arguments, recipe, nodes, ranks_per_node)};
}

// Three sizes that span those of the clusters, with a factor of 2 at least on both sides of a single one.
std::vector<std::int64_t> choose_rows(const std::vector<Cluster>& clusters, std::int64_t packing,
                                      std::int64_t samples) {
  const auto [least, most] = std::minmax_element(
      clusters.begin(), clusters.end(), [](const Cluster& a, const Cluster& b) { return a.rows < b.rows; });
  auto low = static_cast<double>(least->rows), high = static_cast<double>(most->rows);
  const double middle = std::sqrt(low * high);
  if (high < 2 * low) {
    low /= 2;
    high *= 2;
  }
  const std::int64_t most_packs = samples / packing;
  std::vector<std::int64_t> rows;
  for (const double wanted : {low, middle, high}) {
    // Batch normalisation needs two rows.
    const std::int64_t packs = std::llround(wanted / static_cast<double>(packing));
    rows.push_back(std::clamp<std::int64_t>(packs, std::min<std::int64_t>(2, most_packs), most_packs) *
                   packing);
  }
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  require(rows.size() > 1, "the dataset has {} samples: too few to measure batches of two sizes", samples);
  return rows;
}

Planned plan_cluster(const StepTimeModel& model, const Cluster& cluster, const Cluster& one_node) {
  const StepPrediction prediction = predict_step(model, cluster);
  return {.cluster = cluster,
          .prediction = prediction,
          .efficiency = efficiency(prediction, cluster, predict_step(model, one_node))};
}

void check_on_root(const PlanArguments& arguments, const Communicator& communicator) {
  const bool crosses = *std::max_element(arguments.nodes.begin(), arguments.nodes.end()) > 1 ||
                       (arguments.validate && communicator.host_size() < communicator.size());
  require(!crosses || (arguments.bandwidth > 0 && arguments.latency > 0),
          "a plan for several nodes needs their network: --bandwidth GBIT and --latency MICROSECONDS of a "
          "message");
  require(!arguments.validate || communicator.size() % communicator.host_size() == 0,
          "--validate needs as many ranks on each node; there are {} on all and {} on the first",
          communicator.size(), communicator.host_size());
}

// The clusters that were asked for, then that of the present ranks where it is validated.
std::vector<Cluster> list_clusters(const PlanArguments& arguments, const Recipe& recipe,
                                   std::int64_t ranks_per_node, const Communicator& communicator) {
  std::vector<Cluster> clusters;
  for (const std::int64_t nodes : arguments.nodes)
    clusters.push_back(make_cluster(arguments, recipe, nodes, ranks_per_node));
  if (arguments.validate)
    clusters.push_back(make_cluster(arguments, recipe, communicator.size() / communicator.host_size(),
                                    communicator.host_size()));
  return clusters;
}

// A recipe's parts with another global batch.
MeasuredTraining make_training(Recipe recipe, const std::vector<DatasetIndex>& indices,
                               std::int64_t global_batch_size, Communicator& communicator) {
  recipe.data.global_batch_size = global_batch_size;
  MeasuredTraining training{.procedure = agree_on_procedure(recipe, indices, at::kCPU, communicator),
                            .sources = {}};
  training.sources = agree_on_sources(recipe, indices, *training.procedure, at::kCPU, /*step=*/0,
                                      kDefaultCacheMib, communicator);
  return training;
}

ExitCode run_bench(const PlanArguments& arguments, Communicator& communicator) {
  agree_on_root(communicator, [&] { check_on_root(arguments, communicator); });
  agree_on_output_file(communicator, "--json", arguments.json);
  const auto [recipe, datasets] = agree_on_recipe(arguments.from, communicator);
  const int threads = start_threads(arguments.from.threads, recipe, communicator);
  const std::vector<DatasetIndex> indices = agree_on_datasets(recipe, datasets, communicator);
  const std::int64_t ranks_per_node =
      arguments.ranks_per_node > 0 ? arguments.ranks_per_node : communicator.host_size();
  communicator.board()->set_deadline(recipe.communication.deadline_seconds);
  std::vector<Cluster> clusters;
  std::vector<std::int64_t> rows;
  agree(communicator, [&] {
    require(!recipe.reproducible,
            "bench plan knows no virtual replicas; leave them out: --set reproducible=none");
    clusters = list_clusters(arguments, recipe, ranks_per_node, communicator);
    rows = choose_rows(clusters, places_together(recipe.procedure), indices.front().samples);
  });
  CommunicationOptions communication = recipe.communication;
  if (!arguments.validate || !clusters.back().factors) communication.factors = Factors::off;
  communicator.configure(communication);
  const MakeMeasuredTraining make = [&recipe = recipe, &indices](Communicator& rank,
                                                                 std::int64_t global_batch_size) {
    return make_training(recipe, indices, global_batch_size, rank);
  };

  Plan plan{.recipe = recipe.name, .strong = arguments.strong, .threads = threads};
  plan.measured = measure_for_plan(make, communicator,
                                   {.rows = rows,
                                    .rows_together = rows[1],
                                    .ranks_per_node = ranks_per_node,
                                    .present_rows = arguments.validate ? clusters.back().rows : 0,
                                    .seconds = arguments.seconds});
  if (communicator.rank() == 0) {
    plan.model = fit_model(plan.measured, network_of(arguments, recipe.communication),
                           recipe.communication.node_sharing == NodeSharing::automatic);
    const Cluster one_node = make_cluster(arguments, recipe, 1, ranks_per_node);
    for (const Cluster& cluster : clusters)
      plan.clusters.push_back(plan_cluster(plan.model, cluster, one_node));
    if (arguments.validate) {
      plan.present = plan.clusters.back();
      plan.clusters.pop_back();
    }
    print_plan(plan);
  }
  write_json_of_root(communicator, arguments.json, [&] { return as_json(plan); });
  return ExitCode::success;
}

}  // namespace

void add_bench_plan_command(CLI::App& bench, Action& action) {
  auto arguments = std::make_shared<PlanArguments>();
  CLI::App* command =
      bench.add_subcommand("plan", "Predict the speed of a recipe on clusters, from this machine");
  add_recipe_options(*command, arguments->from);
  add_cache_option(*command, arguments->from.cache_mib);
  constexpr Range kNodes{.low = 1, .high = 1'000'000, .expected = "an integer from 1 to 1000000"};
  constexpr Range kRanks{.low = 1, .high = 4096, .expected = "an integer from 1 to 4096"};
  expect_integer(command->add_option("--nodes", arguments->nodes, "Numbers of nodes to predict [1]"), kNodes)
      ->delimiter(',')
      ->allow_extra_args(false)  // the recipe may follow
      ->type_name("N,...");
  expect_integer(command->add_option("--ranks-per-node", arguments->ranks_per_node, "[as many as here]"),
                 kRanks);
  expect_number(
      command->add_option("--bandwidth", arguments->bandwidth, "Of a node's link in each direction"),
      kPositive)
      ->type_name("GBIT/S");
  expect_number(command->add_option("--latency", arguments->latency, "Of a message between nodes"), kPositive)
      ->type_name("MICROSECONDS");
  command->add_flag("--strong", arguments->strong,
                    "Share the recipe's global batch among all ranks [it is that of one node]");
  command->add_flag("--validate", arguments->validate, "Train on the present ranks, too, and compare");
  add_seconds_option(*command, arguments->seconds);
  add_json_option(*command, arguments->json);
  command->footer(
      "Measures steps of one rank at three batch sizes, of all ranks at once, and their sums; fits a model "
      "and shows\n"
      "all its numbers. Run it with as many ranks as a node will have: what cannot be measured is assumed, "
      "and said.\n"
      "Example: mpirun -n 2 ganymede bench plan dcgan --nodes 1,2,4,8,16 --bandwidth 10 --latency 30");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) { return run_bench(*arguments, *communicator); };
  });
}

}  // namespace ganymede
