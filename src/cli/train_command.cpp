#include "cli/cache_option.hpp"
#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "cli/ranks_as_threads.hpp"
#include "cli/recipe_options.hpp"
#include "cli/terminal.hpp"
#include "session/training_run.hpp"

namespace ganymede {
namespace {

// Collective.
TrainingEnd train_as_rank(const TrainArguments& arguments, Communicator& communicator) {
  agree_on_output_file(communicator, "--trace", arguments.trace);
  return run_training(arguments, communicator);
}

TrainingEnd train_as_threads(const TrainArguments& arguments, int ranks) {
  TrainingEnd end{};
  run_ranks_as_threads(ranks, [&](Communicator& communicator) {
    const TrainingEnd own = train_as_rank(arguments, communicator);
    if (communicator.rank() == 0) end = own;
  });
  return end;
}

// threads_as_ranks: for where there is no MPI.
void add_debugging_options(CLI::App& command, TrainArguments& arguments, int& threads_as_ranks) {
  constexpr Range kRank{.low = 0, .high = 1e6, .expected = "an integer from 0 on", .says_high = false};
  constexpr Range kRanks{.low = 1, .high = 256, .expected = "an integer from 1 to 256"};
  expect_path(command.add_option("--trace", arguments.trace,
                                 "Write a timeline of all ranks here at the end; ui.perfetto.dev shows it"))
      ->type_name("FILE");
  expect_integer(command.add_option("--hold-rank", arguments.held_rank,
                                    "This rank waits until a debugger has attached and lets it go on"),
                 kRank)
      ->type_name("RANK");
  expect_integer(command.add_option("--threads-as-ranks", threads_as_ranks,
                                    "Ranks as threads of this one process, without MPI, to step through"),
                 kRanks)
      ->type_name("RANKS");
}

}  // namespace

void add_train_command(CLI::App& app, Action& action) {
  auto arguments = std::make_shared<TrainArguments>();
  auto threads_as_ranks = std::make_shared<int>(1);
  CLI::App* command = app.add_subcommand("train", "Train a recipe; under mpirun, on all its ranks");
  add_recipe_options(*command, arguments->from);
  add_cache_option(*command, arguments->from.cache_mib);
  expect_path(command->add_option("--run", arguments->run, "Folder for the results [runs/<recipe>-<n>]"))
      ->type_name("DIR");
  expect_path(command->add_option("--stage", arguments->stage,
                                  "Folder on every host's own disk: what its ranks read is put there first"))
      ->type_name("DIR");
  command->add_flag("--resume", arguments->resume,
                    "Go on from the newest checkpoint in --run; start there if there is no run yet");
  command->add_option("--at-step", arguments->at_step,
                      "With --resume: go on from the checkpoint of that step; those after it are set aside");
  command
      ->add_option(
          "--allow-change", arguments->allow_change,
          "With --resume: a key, or a part of the recipe, that may differ from the run's; repeat it for more")
      ->allow_extra_args(false)
      ->take_all()
      ->type_name("KEY");
  add_debugging_options(*command, *arguments, *threads_as_ranks);
  command->footer("Example: mpirun -n 2 ganymede train dcgan/quick --set seed=7 --run runs/first");
  command->callback([&action, arguments, threads_as_ranks] {
    action = [arguments, threads_as_ranks](Communicator* communicator) {
      arguments->on_terminal = stdout_reaches_terminal();
      const TrainingEnd end = communicator ? train_as_rank(*arguments, *communicator)
                                           : train_as_threads(*arguments, *threads_as_ranks);
      return end == TrainingEnd::finished ? ExitCode::success : ExitCode::stopped_on_request;
    };
  });
}

}  // namespace ganymede
