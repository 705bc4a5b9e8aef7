// A recipe: everything that determines a training run. Each part is the option struct of the folder that
// uses it; this folder only knows the file syntax.
#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "distributed/communication_options.hpp"
#include "recipe/procedures.hpp"
#include "training/train_options.hpp"

namespace ganymede {

enum class Precision { float32, float64, mixed };

// What ranks compute on.
enum class DeviceChoice {
  automatic,  // GPUs where every rank has one of its own
  cpu,
  cuda,
};

// Which sample stands at which place of which batch: one order of the whole dataset, or one of each of as
// many runs of shards as there are nodes, each of which serves its slice of every batch
// (data/loading/data_part.hpp).
struct GlobalOrder {};
struct NodeOrder {
  std::int64_t nodes = 1;
};

struct DataOptions {
  // Of each source that the procedure trains from: absolute, or looked up in $GANYMEDE_DATA, else in data/ of
  // the working directory.
  std::vector<std::string> path;
  std::vector<std::string> held_out = {};  // likewise, of data to measure on; empty: none
  std::array<double, 2> pixels = {-1, 1};  // what black and white become
  std::int64_t global_batch_size = 64;     // over all ranks
  bool horizontal_flip = false;            // mirror each image with probability 1/2
  std::variant<GlobalOrder, NodeOrder> order = {};

  // To which the shards are dealt; 1 where all serve all.
  std::int64_t nodes() const {
    const auto* by_node = std::get_if<NodeOrder>(&order);
    return by_node ? by_node->nodes : 1;
  }
  // Of `path`, for a person and for JSON.
  std::string names() const { return fmt::format("{}", fmt::join(path, ", ")); }
};

// Any number of ranks gives the same bits (ProcedureSetting::replicas).
struct ReproducibleOptions {
  std::int64_t replicas = 4;  // virtual; a power of two
};

struct Recipe {
  std::string name;
  std::string tutorial;     // section of the tutorial
  std::string description;  // one line
  std::int64_t seed = 1;
  Precision precision = Precision::float32;
  DeviceChoice device = DeviceChoice::automatic;
  DataOptions data;
  ProcedureOptions procedure;
  TrainOptions train;
  std::optional<ReproducibleOptions> reproducible;
  CommunicationOptions communication;

  BatchOptions batch() const {
    return {.global_batch_size = data.global_batch_size,
            .replicas = reproducible ? std::optional(reproducible->replicas) : std::nullopt};
  }
};

// Reads a recipe file and what it extends, then applies overrides of the form key=value. Throws RecipeError:
// file:line, key, value found, what was expected.
Recipe load_recipe(const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

// The same from text; source is what errors call it. The text cannot extend another recipe.
Recipe parse_recipe(const std::string& text, const std::string& source);

// The resolved recipe: every key with its value. It is itself a recipe.
std::string to_yaml(const Recipe& recipe);

}  // namespace ganymede
