#include <cstdio>

#include "cli/command.hpp"
#include "data/dataset_verification.hpp"
#include "data/idx_importer.hpp"

namespace ganymede {
namespace {

void add_import_idx(CLI::App& import, Action& action) {
  auto options = std::make_shared<IdxImportOptions>();
  CLI::App* idx = import.add_subcommand("idx", "MNIST-shaped IDX files, plain or gzip");
  idx->add_option("--images", options->images, "File of images")->required()->type_name("FILE");
  idx->add_option("--labels", options->labels, "File of labels")->type_name("FILE");
  idx->add_option("--out", options->out, "Folder of the new dataset")->required()->type_name("DIR");
  idx->add_option("--shards", options->shards, "HDF5 files to spread it over")
      ->check(CLI::Range(1, 99999))
      ->capture_default_str();
  idx->add_option("--class-names", options->class_names, "Names of the labels 0, 1, ..., with commas between")
      ->delimiter(',');
  idx->footer(
      "Example: ganymede dataset import idx --images train-images-idx3-ubyte.gz\n"
      "           --labels train-labels-idx1-ubyte.gz --out data/mnist");
  idx->callback([&action, options] {
    action = [options](Communicator*) {
      std::fputs(describe_dataset(import_idx(*options)).c_str(), stdout);
      return ExitCode::success;
    };
  });
}

}  // namespace

void add_dataset_command(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("dataset", "Import, inspect and verify datasets");
  command->require_subcommand(1);
  CLI::App* import = command->add_subcommand("import", "Make a dataset from files of another format");
  import->require_subcommand(1);
  add_import_idx(*import, action);

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
