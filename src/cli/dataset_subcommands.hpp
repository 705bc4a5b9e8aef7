// The subcommands of `ganymede dataset` that write a new dataset.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/command.hpp"
#include "data/format/dataset_index.hpp"

namespace ganymede {

void add_dataset_import_command(CLI::App& dataset, Action& action);
void add_dataset_make_command(CLI::App& dataset, Action& action);

// --out and --shards.
void add_output_options(CLI::App& command, std::filesystem::path& out, int& shards);

// The command's action: writes the dataset and shows what it holds.
template <typename Options, typename Write>
void on_write_dataset(CLI::App& command, Action& action, std::shared_ptr<Options> options, Write write) {
  command.callback([&action, options, write] {
    action = [options, write](Communicator*) {
      std::fputs(describe_dataset(write(*options)).c_str(), stdout);
      return ExitCode::success;
    };
  });
}
void add_dataset_stage_command(CLI::App& dataset, Action& action);

}  // namespace ganymede
