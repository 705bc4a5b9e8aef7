#include "cli/command_line.hpp"
#include "cli/dataset_subcommands.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/drawn_sequences.hpp"
#include "data/importing/mode_dataset.hpp"
#include "data/importing/stacked_digits.hpp"

namespace ganymede {
namespace {

void add_draw_options(CLI::App& command, std::int64_t& samples, std::uint64_t& seed) {
  constexpr Range kSamples{.low = 1, .high = 0xFFFFFFFF, .expected = "an integer from 1 to 4294967295"};
  expect_integer(command.add_option("--samples", samples, "How many"), kSamples)->capture_default_str();
  expect_integer(command.add_option("--seed", seed, "The same seed makes the same files"), kFromZero)
      ->capture_default_str();
}

void add_ring(CLI::App& make, Action& action) {
  struct Options {
    RingOptions law;
    ModeDatasetOptions dataset;
  };
  auto options = std::make_shared<Options>();
  CLI::App* ring = make.add_subcommand("ring", "Points around the corners of a regular polygon");
  constexpr Range kModes{.low = 1,
                         .high = static_cast<double>(kMostClasses),
                         .expected = "a positive integer",
                         .says_high = false};
  constexpr Range kDistance{.low = 0, .high = 1e15, .expected = "a number from 0 on", .says_high = false};
  expect_integer(ring->add_option("--modes", options->law.modes, "Corners"), kModes)->capture_default_str();
  expect_number(ring->add_option("--radius", options->law.radius, "Of the polygon"), kPositive)
      ->capture_default_str();
  expect_number(
      ring->add_option("--deviation", options->law.standard_deviation, "Standard deviation around a corner"),
      kDistance)
      ->capture_default_str();
  add_draw_options(*ring, options->dataset.samples, options->dataset.seed);
  add_output_options(*ring, options->dataset.out, options->dataset.shards);
  ring->footer("Example: ganymede dataset make ring --out data/ring");
  on_write_dataset(*ring, action, options,
                   [](const Options& o) { return make_mode_dataset(ring_law(o.law), o.dataset); });
}

void add_grid(CLI::App& make, Action& action) {
  auto options = std::make_shared<ModeDatasetOptions>();
  CLI::App* grid =
      make.add_subcommand("grid", "Points around {-4, -2, 0, 2, 4} x {-4, -2, 0, 2, 4}, deviation 0.05");
  add_draw_options(*grid, options->samples, options->seed);
  add_output_options(*grid, options->out, options->shards);
  grid->footer("Example: ganymede dataset make grid --out data/grid");
  on_write_dataset(*grid, action, options,
                   [](const ModeDatasetOptions& o) { return make_mode_dataset(grid_law(), o); });
}

void add_sequence_options(CLI::App& sequences, DrawnSequencesOptions& options) {
  constexpr Range kLength{.low = 2, .high = 10'000, .expected = "an integer from 2 to 10000"};
  constexpr Range kVocabulary{.low = 2, .high = 1'000'000, .expected = "an integer from 2 to 1000000"};
  expect_integer(sequences.add_option("--length", options.length, "Integers a sequence"), kLength)
      ->capture_default_str();
  expect_integer(sequences.add_option("--vocabulary", options.vocabulary, "They are below this"), kVocabulary)
      ->capture_default_str();
  add_draw_options(sequences, options.samples, options.seed);
  add_output_options(sequences, options.out, options.shards);
}

struct OracleSequencesOptions {
  DrawnSequencesOptions sequences{.out = {}, .samples = 10'000, .length = 20, .vocabulary = 5'000};
  OracleOptions oracle = {};
};

DatasetIndex make_oracle_sequences(OracleSequencesOptions options) {
  const auto oracle = make_oracle(options.oracle, options.sequences.vocabulary, at::kFloat);
  return write_drawn_sequences(options.sequences, [&](std::int64_t first, std::int64_t count) {
    return draw_from_oracle(*oracle, options.sequences.seed, first, count, options.sequences.length);
  });
}

void add_oracle_sequences(CLI::App& make, Action& action) {
  auto options = std::make_shared<OracleSequencesOptions>();
  CLI::App* sequences =
      make.add_subcommand("oracle-sequences", "Sequences of a random LSTM, whose law is known (SeqGAN)");
  add_sequence_options(*sequences, options->sequences);
  const auto one = sequences->add_option_group("oracle", "One of them")->require_option(1);
  expect_integer(one->add_option("--oracle-seed", options->oracle.seed, "Seed of an oracle of one's own"),
                 kFromZero);
  expect_path(one->add_option("--oracle-file", options->oracle.file, "The oracle of a file, safetensors"))
      ->type_name("FILE");
  sequences->footer(
      "Example: ganymede dataset make oracle-sequences --oracle-seed 1 --out data/oracle-sequences");
  on_write_dataset(*sequences, action, options, make_oracle_sequences);
}

void add_random_sequences(CLI::App& make, Action& action) {
  auto options = std::make_shared<DrawnSequencesOptions>();
  CLI::App* sequences = make.add_subcommand("random-sequences", "Sequences of uniform random integers");
  add_sequence_options(*sequences, *options);
  sequences->footer("Example: ganymede dataset make random-sequences --out data/random-sequences");
  on_write_dataset(*sequences, action, options, make_random_sequences);
}

void add_stacked_digits(CLI::App& make, Action& action) {
  auto options = std::make_shared<StackedDigitsOptions>();
  CLI::App* stacked =
      make.add_subcommand("stacked-digits", "Three random digits as the colours of one image");
  stacked->add_option("--source", options->source, "Dataset of digits: folder, or name below data/")
      ->required()
      ->type_name("DATASET");
  add_draw_options(*stacked, options->samples, options->seed);
  add_output_options(*stacked, options->out, options->shards);
  stacked->footer(
      "Example: ganymede dataset make stacked-digits --source mnist-5k --out data/stacked-digits");
  on_write_dataset(*stacked, action, options, [](StackedDigitsOptions o) {
    o.source = find_dataset(o.source);
    return make_stacked_digits(o);
  });
}

}  // namespace

void add_dataset_make_command(CLI::App& dataset, Action& action) {
  CLI::App* make = dataset.add_subcommand("make", "Make a dataset whose law is known");
  make->require_subcommand(1);
  add_ring(*make, action);
  add_grid(*make, action);
  add_stacked_digits(*make, action);
  add_random_sequences(*make, action);
  add_oracle_sequences(*make, action);
}

}  // namespace ganymede
