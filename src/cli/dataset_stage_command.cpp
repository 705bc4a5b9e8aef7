#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/dataset_subcommands.hpp"
#include "session/staging.hpp"
#include "session/training_setup.hpp"

namespace ganymede {

void add_dataset_stage_command(CLI::App& dataset, Action& action) {
  struct Arguments {
    RecipeArguments from;
    std::string to;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = dataset.add_subcommand(
      "stage", "Put onto every host's own disk what its ranks will read; under mpirun, as for the training");
  command->add_option("recipe", arguments->from.recipe, "Recipe file or name")->required();
  add_set_option(*command, arguments->from.overrides);
  expect_path(command->add_option("--to", arguments->to, "Folder, that of `train --stage`"))
      ->required()
      ->type_name("DIR");
  command->footer("Example: mpirun --hostfile hosts -n 16 ganymede dataset stage dcgan --to /scratch/data");
  command->callback([&action, arguments] {
    action = [arguments](Communicator* communicator) {
      const auto [recipe, datasets] = agree_on_recipe(arguments->from, *communicator);
      stage_datasets(recipe, datasets, arguments->to, *communicator);
      return ExitCode::success;
    };
  });
}

}  // namespace ganymede
