#include "cli/command_line.hpp"
#include "cli/dataset_subcommands.hpp"
#include "data/importing/cifar10_importer.hpp"
#include "data/importing/coco_importer.hpp"
#include "data/importing/csv_importer.hpp"
#include "data/importing/folder_importer.hpp"
#include "data/importing/idx_importer.hpp"
#include "data/importing/text_importer.hpp"

namespace ganymede {
namespace {

void add_class_names_option(CLI::App& command, std::vector<std::string>& class_names) {
  command.add_option("--class-names", class_names, "Names of the labels in their order, with commas between")
      ->delimiter(',')
      ->allow_extra_args(false);  // the next word is not for it
}

void add_shape_options(CLI::App& command, ImageShape& shape) {
  command.add_option("--height", shape.height, "Rows of each image")->required();
  command.add_option("--width", shape.width, "Columns of each image")->required();
  command.add_option("--channels", shape.channels, "1 (grey) or 3 (colour)")
      ->check(CLI::IsMember({1, 3}))
      ->capture_default_str();
}

CLI::Option* add_vocabulary_option(CLI::App& command, std::optional<std::filesystem::path>& vocabulary) {
  return command
      .add_option("--vocabulary", vocabulary,
                  "Dataset whose numbers for words or characters to use, as held-out data need")
      ->type_name("DATASET");
}

void add_idx(CLI::App& import, Action& action) {
  auto options = std::make_shared<IdxImportOptions>();
  CLI::App* idx = import.add_subcommand("idx", "MNIST-shaped IDX files, plain or gzip");
  idx->add_option("--images", options->images, "File of images")->required()->type_name("FILE");
  idx->add_option("--labels", options->labels, "File of labels")->type_name("FILE");
  add_output_options(*idx, options->out, options->shards);
  add_class_names_option(*idx, options->class_names);
  idx->footer(
      "Example: ganymede dataset import idx --images train-images-idx3-ubyte.gz\n"
      "           --labels train-labels-idx1-ubyte.gz --out data/mnist");
  on_write_dataset(*idx, action, options, import_idx);
}

void add_csv(CLI::App& import, Action& action) {
  auto options = std::make_shared<CsvImportOptions>();
  CLI::App* csv =
      import.add_subcommand("csv", "A table of pixels 0 to 255, an image a row: CSV, plain or gzip");
  csv->add_option("file", options->file, "The table")->required()->type_name("FILE");
  add_shape_options(*csv, options->shape);
  const std::map<std::string, LabelColumn> columns{
      {"first", LabelColumn::first}, {"last", LabelColumn::last}, {"none", LabelColumn::none}};
  csv->add_option("--label-column", options->label_column, "first, last or none [last]")
      ->transform(CLI::CheckedTransformer(columns))
      ->type_name("WHICH");
  add_output_options(*csv, options->out, options->shards);
  add_class_names_option(*csv, options->class_names);
  csv->footer(
      "Example: ganymede dataset import csv mnist_5k.csv.gz --height 28 --width 28 --out data/mnist-5k");
  on_write_dataset(*csv, action, options, import_csv);
}

void add_cifar10(CLI::App& import, Action& action) {
  auto options = std::make_shared<Cifar10ImportOptions>();
  CLI::App* cifar10 = import.add_subcommand("cifar10", "CIFAR-10's binary version");
  cifar10->add_option("folder", options->folder, "The folder with data_batch_1.bin")
      ->required()
      ->type_name("DIR");
  cifar10->add_option("--files", options->files, "Files in it, with commas between [data_batch_1.bin to 5]")
      ->delimiter(',')
      ->allow_extra_args(false);
  add_output_options(*cifar10, options->out, options->shards);
  cifar10->footer("Example: ganymede dataset import cifar10 cifar-10-batches-bin --out data/cifar-10");
  on_write_dataset(*cifar10, action, options, import_cifar10);
}

void add_folder(CLI::App& import, Action& action) {
  auto options = std::make_shared<FolderImportOptions>();
  options->shape.channels = 3;
  CLI::App* folder = import.add_subcommand(
      "folder", "PNG and JPEG pictures; each sub-folder is a class. The centre is cut out and resized");
  folder->add_option("folder", options->folder, "The pictures, or a folder for each class")
      ->required()
      ->type_name("DIR");
  add_shape_options(*folder, options->shape);
  folder->add_flag("--skip-bad", options->skip_bad, "Leave out pictures that cannot be read, and name them");
  add_output_options(*folder, options->out, options->shards);
  folder->footer("Example: ganymede dataset import folder flowers --height 64 --width 64 --out data/flowers");
  on_write_dataset(*folder, action, options, import_folder);
}

void add_coco(CLI::App& import, Action& action) {
  auto options = std::make_shared<CocoImportOptions>();
  options->shape.channels = 3;
  CLI::App* coco = import.add_subcommand(
      "coco", "Images with captions, as COCO's captions_*.json; each pair of both is a sample");
  coco->add_option("--captions", options->captions, "JSON of images and their captions, plain or gzip")
      ->required()
      ->type_name("FILE");
  coco->add_option("--images", options->images, "Folder of the PNG and JPEG files that it names")
      ->required()
      ->type_name("DIR");
  add_shape_options(*coco, options->shape);
  constexpr Range kWords{.low = 1, .high = 1000, .expected = "an integer from 1 to 1000"};
  constexpr Range kTimes{.low = 1, .high = 1'000'000, .expected = "an integer from 1 to 1000000"};
  CLI::Option* longest = expect_integer(
      coco->add_option("--longest", options->longest, "Words of a caption to keep [of the longest one]"),
      kWords);
  CLI::Option* least = expect_integer(coco->add_option("--least-count", options->least_count,
                                                       "Leave out words that occur fewer times than this"),
                                      kTimes)
                           ->capture_default_str();
  add_vocabulary_option(*coco, options->vocabulary)->excludes(longest)->excludes(least);
  coco->add_flag("--skip-bad", options->skip_bad, "Leave out pairs that cannot be used, and name them");
  add_output_options(*coco, options->out, options->shards);
  coco->footer(
      "Example: ganymede dataset import coco --captions captions.json --images pictures --height 32\n"
      "           --width 32 --out data/captioned");
  on_write_dataset(*coco, action, options, import_coco);
}

void add_text(CLI::App& import, Action& action) {
  auto options = std::make_shared<TextImportOptions>();
  CLI::App* text =
      import.add_subcommand("text", "Sequences of one length, one a line, of words or characters");
  text->add_option("file", options->file, "UTF-8, plain or gzip")->required()->type_name("FILE");
  const std::map<std::string, TextUnit> units{{"words", TextUnit::words},
                                              {"characters", TextUnit::characters}};
  text->add_option("--units", options->unit, "words or characters [words]")
      ->transform(CLI::CheckedTransformer(units))
      ->type_name("WHICH");
  add_vocabulary_option(*text, options->vocabulary);
  text->add_flag("--skip-unknown", options->skip_unknown,
                 "Leave out lines with what that vocabulary does not have; without it they are an error");
  add_output_options(*text, options->out, options->shards);
  text->footer("Example: ganymede dataset import text couplets.txt --units characters --out data/couplets");
  on_write_dataset(*text, action, options, import_text);
}

}  // namespace

void add_dataset_import_command(CLI::App& dataset, Action& action) {
  CLI::App* import = dataset.add_subcommand("import", "Make a dataset from files of another format");
  import->require_subcommand(1);
  add_idx(*import, action);
  add_csv(*import, action);
  add_cifar10(*import, action);
  add_folder(*import, action);
  add_coco(*import, action);
  add_text(*import, action);
}

}  // namespace ganymede
