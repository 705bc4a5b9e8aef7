// The commands of the program. Each registers itself with the parser and says what to run.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>

#include "base/error.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// What the parsed command does. The communicator is null unless the program has started MPI.
using Action = std::function<ExitCode(Communicator*)>;

void add_train_command(CLI::App& app, Action& action);
void add_sample_command(CLI::App& app, Action& action);
void add_evaluate_command(CLI::App& app, Action& action);
void add_bench_command(CLI::App& app, Action& action);
void add_checkpoint_command(CLI::App& app, Action& action);
void add_dataset_command(CLI::App& app, Action& action);
void add_doctor_command(CLI::App& app, Action& action);
void add_recipe_command(CLI::App& app, Action& action);

}  // namespace ganymede
