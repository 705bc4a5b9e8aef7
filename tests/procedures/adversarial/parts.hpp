// The parts of the adversarial family, each as a small recipe: tests/reference/parts.json, which the PyTorch
// reference reads too.
#pragma once

#include "tests/procedures/adversarial/reference_batch.hpp"
#include "tests/procedures/part_recipes.hpp"

namespace ganymede {

inline constexpr ImageShape kPartShape{.channels = 1, .height = 8, .width = 8};
inline constexpr std::int64_t kPartClasses = 4;
inline const DataSpec kPartSpec = [] {
  DataSpec spec = image_spec(kPartShape, {"0", "1", "2", "3"});
  spec.fields.push_back(kReferenceCaptions);
  return spec;
}();
inline constexpr std::int64_t kPartBatchSize = 32;

// Adam turns gradients that only rounding makes (a critic's bias, to which real and fake samples add up to 0)
// into steps of a learning rate: the parts' epsilon of 1e-5 and batch of a power of two keep such noise out.
inline constexpr const char* kPartsFile = "parts.json";

inline std::vector<std::string> part_names() {
  return part_names(kPartsFile);
}

inline AdversarialOptions part_options(const std::string& name) {
  return part_options<AdversarialOptions>(kPartsFile, "gan", name);
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
                        .remainder(kPartClasses),
                    reference_captions(places, number)},
         .first_place = places.first,
         .global_batch_size = kPartBatchSize,
         .epoch = 0,
         .number = number});
  }
  return batches;
}

}  // namespace ganymede
