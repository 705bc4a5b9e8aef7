#include "diagnosis/examination.hpp"

#include <unistd.h>

#include <algorithm>

#include "base/counted.hpp"
#include "base/failure.hpp"
#include "base/usable_cores.hpp"
#include "diagnosis/file_system.hpp"
#include "diagnosis/host.hpp"
#include "diagnosis/host_ranks.hpp"
#include "diagnosis/network.hpp"
#include "diagnosis/versions.hpp"
#include "distributed/agreement.hpp"
#include "distributed/gathering.hpp"
#include "distributed/launcher.hpp"
#include "distributed/mpi/mpi_session.hpp"
#include "recipe/recipe_library.hpp"
#include "session/rank_device.hpp"
#include "session/training_data.hpp"
#include "storage/process_identity.hpp"

namespace ganymede {

namespace fs = std::filesystem;

namespace {

bool is_problem(const Finding& finding) {
  return finding.verdict == Verdict::problem;
}

void append(std::vector<Finding>& findings, std::vector<Finding> more) {
  std::move(more.begin(), more.end(), std::back_inserter(findings));
}

// Of ranks that do not know of each other there is nothing more to say.
std::optional<Finding> find_lone_rank(int ranks) {
  try {
    check_launcher(ranks, environment_variable);
    return std::nullopt;
  } catch (const CommunicationError& error) {
    return Finding{.verdict = Verdict::problem, .subject = "launcher", .found = error.what()};
  }
}

Finding examine_launcher(int ranks, std::int64_t hosts) {
  const auto pmix = environment_variable("PMIX_VERSION");
  return {.subject = "launcher",
          .found = fmt::format("{} on {}{}", counted(ranks, "rank"), counted(hosts, "host"),
                               pmix ? ", PMIx " + *pmix : "")};
}

// What one rank of each host finds, the first. Collective.
std::vector<Finding> ask_hosts(const std::function<std::vector<HostFinding>()>& work,
                               Communicator& communicator) {
  std::string report;
  agree(communicator, [&] {
    if (communicator.host_rank() == 0) report = to_text(HostReport{own_identity().host, work()});
  });
  std::vector<HostReport> reports;
  for (const std::string& text : gather_texts(communicator, report))
    if (!text.empty()) reports.push_back(host_report_of(text));
  return merge_reports(reports);
}

// What rank 0 finds, on every rank. Collective.
std::vector<Finding> ask_root(const std::function<std::vector<Finding>()>& work, Communicator& communicator) {
  std::string findings;
  agree_on_root(communicator, [&] { findings = to_text(work()); });
  return findings_of(broadcast_text(communicator, findings));
}

RankCores cores_of_this_rank(int threads, int rank) {
  const bool by_mpirun = environment_variable("OMPI_COMM_WORLD_SIZE").has_value();
  return {.rank = rank,
          .threads = threads,
          .allowed = allowed_cores(),
          .of_launcher = allowed_cores(by_mpirun ? getppid() : 0)};
}

// Where ranks are bound so that they cannot look at each other's memory, or in containers of their own.
HostFinding examine_shared_memory(Communicator& communicator) {
  if (communicator.host_group().size() == communicator.host_size())
    return {{.subject = "shared memory", .found = "the ranks of a host share their weights and gradients"}};
  return {{.verdict = Verdict::warning,
           .subject = "shared memory",
           .found = "the ranks of a host cannot share memory, and exchange messages, which is slower",
           .advice = "start them in one container, and as one user; the warning above says what failed"}};
}

std::vector<HostFinding> examine_threads_support() {
  if (threads_may_communicate()) return {};
  return {{{.verdict = Verdict::warning,
            .subject = "MPI threads",
            .found = "this MPI lets one thread communicate only (MPI_THREAD_MULTIPLE is missing)",
            .advice = "gradients do not travel while backward runs, between hosts: use an MPI that has it"}}};
}

struct FoundDatasets {
  std::vector<fs::path> folders;  // [source]; empty where there is none
  std::vector<Finding> problems;
};

FoundDatasets find_datasets(const Recipe& recipe) {
  FoundDatasets found;
  for (const std::string& path : recipe.data.path) try {
      found.folders.push_back(fs::absolute(find_dataset(path)).lexically_normal());
    } catch (const UserError& error) {
      found.folders.emplace_back();
      found.problems.push_back(
          {.verdict = Verdict::problem, .subject = "data " + path, .found = error.what()});
    }
  return found;
}

// The recipe beside its data and the ranks.
std::vector<Finding> examine_recipe(const Recipe& recipe, int ranks) {
  Finding finding{.subject = "recipe",
                  .found = fmt::format("{} fits its data and {}", recipe.name, counted(ranks, "rank"))};
  try {
    find_fitting_datasets_on_root(recipe, ranks);
  } catch (const std::exception& error) {
    finding.verdict = Verdict::problem;
    finding.found = describe_failure(error).message;
  }
  return {finding};
}

// As this host has them.
std::vector<HostFinding> examine_datasets(const Recipe& recipe, const std::vector<fs::path>& folders,
                                          const Communicator& communicator) {
  std::vector<HostFinding> findings;
  for (std::size_t source = 0; source < folders.size(); ++source) {
    if (folders[source].empty()) continue;
    const auto shards = [&](const DatasetIndex& index) {
      return shards_of_host(recipe, source, index, communicator);
    };
    findings.push_back(examine_dataset(recipe.data.path[source], folders[source], shards));
  }
  return findings;
}

// Data on every host, then what needs them. Collective.
std::vector<Finding> examine_data(const Recipe& recipe, Communicator& communicator) {
  FoundDatasets found;
  std::vector<Finding> findings = ask_root(
      [&] {
        found = find_datasets(recipe);
        return found.problems;
      },
      communicator);
  found.folders = broadcast_paths(communicator, found.folders);
  append(findings,
         ask_hosts([&] { return examine_datasets(recipe, found.folders, communicator); }, communicator));
  if (std::none_of(findings.begin(), findings.end(), is_problem))
    append(findings, ask_root([&] { return examine_recipe(recipe, communicator.size()); }, communicator));
  return findings;
}

// The lock makes and removes folders, so it comes when no host looks any more. Collective.
std::vector<Finding> examine_run(const std::string& run, Communicator& communicator) {
  const fs::path place =
      broadcast_text(communicator, fs::absolute(run.empty() ? "runs" : run).lexically_normal().string());
  std::vector<Finding> findings =
      ask_hosts([&] { return std::vector{examine_run_place(place)}; }, communicator);
  if (std::none_of(findings.begin(), findings.end(), is_problem))
    append(findings, ask_root([&] { return std::vector{examine_lock(run)}; }, communicator));
  return findings;
}

// Rank 0's, on every rank; nothing without a name. Collective.
std::optional<Recipe> agree_on_recipe_alone(const RecipeArguments& from, Communicator& communicator) {
  Recipe recipe;
  agree_on_root(communicator, [&] {
    require(!from.recipe.empty() || from.overrides.empty(), "--set changes a recipe; which one?");
    if (!from.recipe.empty()) recipe = load_recipe(find_recipe(from.recipe), from.overrides);
  });
  if (from.recipe.empty()) return std::nullopt;
  return broadcast_recipe(communicator, recipe);
}

}  // namespace

std::vector<Finding> examine(const ExaminationArguments& arguments, Communicator& communicator) {
  if (auto lone = find_lone_rank(communicator.size())) return {std::move(*lone)};
  const std::optional<Recipe> recipe = agree_on_recipe_alone(arguments.from, communicator);
  communicator.configure({.overlap = Overlap::off});
  const bool reproducible = recipe && recipe->reproducible;
  const int threads = choose_threads(arguments.from.threads, reproducible, communicator);
  const std::vector<RankCores> cores =
      gather_on_host(communicator, cores_of_this_rank(threads, communicator.rank()));
  const std::vector<std::string> host_of = gather_texts(communicator, own_identity().host);
  const std::vector<int> host_ranks = gather_values(communicator, communicator.host_rank());

  std::vector<Finding> findings{
      examine_launcher(communicator.size(), std::count(host_ranks.begin(), host_ranks.end(), 0))};
  append(findings, ask_hosts(
                       [&] {
                         std::vector<HostFinding> of_host = examine_versions(arguments.program_version);
                         const auto add = [&](std::vector<HostFinding> more) {
                           of_host.insert(of_host.end(), more.begin(), more.end());
                         };
                         add(examine_threads_support());
                         add(examine_processor(find_processor(), reproducible));
                         add({examine_cores(cores, core_quota()), examine_threads(cores, core_quota())});
                         if (communicator.host_size() > 1)
                           add({examine_shared_memory(communicator),
                                examine_message_memory("/dev/shm", communicator.host_size())});
                         add({examine_gpus(usable_gpus())});
                         return of_host;
                       },
                       communicator));
  const MeasuredLinks links = measure_links(host_of, communicator);
  append(findings, examine_links("within a host", links.within));
  append(findings, examine_links("between hosts", links.between));
  append(findings, examine_clocks(links.between));
  if (recipe) append(findings, examine_data(*recipe, communicator));
  append(findings, examine_run(arguments.run, communicator));
  return findings;
}

}  // namespace ganymede
