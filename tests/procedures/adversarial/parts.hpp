// The parts of the adversarial family, each as a small recipe: tests/reference/parts.json, which the PyTorch
// reference reads too.
#pragma once

#include <fstream>

#include "recipe/recipe.hpp"
#include "storage/json_file.hpp"
#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {

inline constexpr ImageShape kPartShape{.channels = 1, .height = 8, .width = 8};
inline constexpr std::int64_t kPartClasses = 4;
inline const DataSpec kPartSpec = image_spec(kPartShape, {"0", "1", "2", "3"});
inline constexpr std::int64_t kPartBatchSize = 32;

// Adam turns gradients that only rounding makes (a critic's bias, to which real and fake samples add up to 0)
// into steps of a learning rate: the parts' epsilon of 1e-5 and batch of a power of two keep such noise out.
inline Json read_parts() {
  return read_json(std::string(GANYMEDE_SOURCE_DIR) + "/tests/reference/parts.json");
}

inline std::vector<std::string> part_names() {
  std::vector<std::string> names;
  const Json file = read_parts();
  for (const auto& item : file.at("parts").items()) names.push_back(item.key());
  return names;
}

// YAML contains JSON: the part is a recipe that extends the base.
inline AdversarialOptions part_options(const std::string& name) {
  const Json file = read_parts();
  const TemporaryFolder folder;
  std::ofstream(folder / "base.yaml") << file.at("base").dump();
  std::ofstream(folder / "part.yaml")
      << Json{{"extends", "base.yaml"}, {"gan", file.at("parts").at(name)}}.dump();
  return std::get<AdversarialOptions>(load_recipe(folder / "part.yaml").procedure);
}

// This rank's rows of the batches of one step.
inline std::vector<Batch> part_batches(std::uint64_t seed, std::int64_t step,
                                       const AdversarialOptions& options, PlaceRange places,
                                       at::ScalarType dtype) {
  std::vector<Batch> batches;
  for (std::int64_t i = 0; i < options.critic_steps; ++i) {
    const std::int64_t number = step * options.critic_steps + i;
    const RandomStream stream(seed, {.purpose = Purpose::test}, static_cast<std::uint32_t>(number));
    batches.push_back(
        {.fields = {draw_uniform(stream, places.first,
                                 {places.count, kPartShape.channels, kPartShape.height, kPartShape.width},
                                 -1.0, 1.0, dtype),
                    at::arange(places.first, places.first + places.count)
                        .mul(7)
                        .add(number)
                        .remainder(kPartClasses)},
         .first_place = places.first,
         .global_batch_size = kPartBatchSize,
         .epoch = 0,
         .number = number});
  }
  return batches;
}

}  // namespace ganymede
