#include <cstdio>

#include "cli/command.hpp"
#include "cli/command_line.hpp"
#include "cli/dataset_subcommands.hpp"
#include "data/format/dataset_verification.hpp"

namespace ganymede {

void add_output_options(CLI::App& command, std::filesystem::path& out, int& shards) {
  command.add_option("--out", out, "Folder of the new dataset")->required()->type_name("DIR");
  constexpr Range kShards{.low = 1, .high = 99'999, .expected = "an integer from 1 to 99999"};
  expect_integer(command.add_option("--shards", shards, "HDF5 files to spread it over"), kShards)
      ->capture_default_str();
}

void add_dataset_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("dataset", "Import, make, stage, inspect and verify datasets");
  command->require_subcommand(1);
  add_dataset_import_command(*command, action);
  add_dataset_make_command(*command, action);
  add_dataset_stage_command(*command, action);

  const auto add = [&](const char* name, const char* help, auto run) {
    auto dataset = std::make_shared<std::string>();
    CLI::App* subcommand = command->add_subcommand(name, help);
    subcommand->add_option("dataset", *dataset, "Folder, or name below $GANYMEDE_DATA or data/")->required();
    subcommand->footer(fmt::format("Example: ganymede dataset {} fashion-mnist", name));
    subcommand->callback([&action, dataset, run] {
      action = [dataset, run](Communicator*) {
        run(read_dataset_index(find_dataset(*dataset)));
        return ExitCode::success;
      };
    });
  };
  add("inspect", "Show what a dataset holds",
      [](const DatasetIndex& index) { std::fputs(describe_dataset(index).c_str(), stdout); });
  add("verify", "Check every shard against its checksum and the index", [](const DatasetIndex& index) {
    for (std::size_t shard = 0; shard < index.shards.size(); ++shard) verify_shard(index, shard);
    std::puts(fmt::format("{}: {} shards ok", index.folder.string(), index.shards.size()).c_str());
  });
}

}  // namespace ganymede
