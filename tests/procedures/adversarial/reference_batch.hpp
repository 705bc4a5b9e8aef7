// The real images of the reference runs: uniform pixels from the test stream, so that any process can make
// any rows of any step; and one step from them.
#pragma once

#include "base/random_tensor.hpp"
#include "data/loading/batch.hpp"
#include "procedures/adversarial/adversarial_procedure.hpp"

namespace ganymede {

inline constexpr ImageShape kReferenceShape{.channels = 1, .height = 28, .width = 28};
inline constexpr std::int64_t kReferenceBatchSize = 64;

// Rows first_place ... of the global batch of one step.
inline Batch reference_batch(std::uint64_t seed, std::int64_t step, std::int64_t first_place,
                             std::int64_t rows, at::ScalarType dtype) {
  const RandomStream stream(seed, {.purpose = Purpose::test}, static_cast<std::uint32_t>(step));
  return {
      .fields = {draw_uniform(stream, first_place,
                              {rows, kReferenceShape.channels, kReferenceShape.height, kReferenceShape.width},
                              -1.0, 1.0, dtype)},
      .first_place = first_place,
      .global_batch_size = kReferenceBatchSize,
      .epoch = 0,
      .number = step};
}

// Of one step: generator_loss and discriminator_loss, this rank's part of each.
inline std::vector<double> take_losses(Procedure& gan, std::int64_t step, std::vector<Batch> batches) {
  std::vector<double> losses(2);
  gan.step(step, {std::move(batches)}, losses);
  return losses;
}

inline std::unique_ptr<Procedure> make_gan(const AdversarialOptions& options, const ProcedureSetting& setting,
                                           Communicator& communicator) {
  return prepare_procedure(options, setting, communicator)();
}

}  // namespace ganymede
