#include "cli/bench_subcommands.hpp"

namespace ganymede {

void add_bench_command(CLI::App& app, Action& action) {
  CLI::App* bench =
      app.add_subcommand("bench", "Measure how fast a recipe trains here; under mpirun, on all ranks");
  bench->require_subcommand(0, 1);
  add_bench_recipe(*bench, action);
  add_bench_communication_command(*bench, action);
  add_bench_data_command(*bench, action);
  add_bench_plan_command(*bench, action);
}

}  // namespace ganymede
