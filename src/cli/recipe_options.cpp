#include "cli/recipe_options.hpp"

#include "cli/command_line.hpp"

namespace ganymede {

void add_recipe_options(CLI::App& command, RecipeArguments& arguments) {
  command.add_option("recipe", arguments.recipe, "Recipe file or name");
  add_set_option(command, arguments.overrides);
  command
      .add_option_function<std::string>(
          "--device",
          [&arguments](const std::string& device) { arguments.overrides.push_back("device=" + device); },
          "cpu, cuda, or auto: GPUs where each rank has one [the recipe's, else auto]")
      ->check(CLI::Validator(
          [](const std::string& word) -> std::string {
            const bool known = word == "auto" || word == "cpu" || word == "cuda";
            return known ? "" : fmt::format("{}; expected auto, cpu or cuda", word);
          },
          ""))
      ->type_name("DEVICE");
  constexpr Range kThreads{.low = 1, .high = 1024, .expected = "an integer from 1 to 1024"};
  expect_integer(command.add_option("--threads", arguments.threads,
                                    "Compute threads a rank [one in reproducible mode, else OMP_NUM_THREADS, "
                                    "else the host's cores, shared]"),
                 kThreads);
}

}  // namespace ganymede
