// The parts of `ganymede bench`.
#pragma once

#include "cli/command.hpp"

namespace ganymede {

// `ganymede bench RECIPE` itself.
void add_bench_recipe(CLI::App& bench, Action& action);

void add_bench_communication_command(CLI::App& bench, Action& action);
void add_bench_data_command(CLI::App& bench, Action& action);
void add_bench_plan_command(CLI::App& bench, Action& action);

}  // namespace ganymede
