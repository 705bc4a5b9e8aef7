// The real images of the reference runs: uniform pixels from the test stream, so that any process can make
// any rows of any step; and one step from them.
#pragma once

#include "data/samples/batch.hpp"
#include "data/samples/captions.hpp"
#include "kernels/random_tensor.hpp"
#include "procedures/adversarial/adversarial_procedure.hpp"

namespace ganymede {

inline constexpr ImageShape kReferenceShape{.channels = 1, .height = 28, .width = 28};
inline constexpr std::int64_t kReferenceBatchSize = 64;

inline constexpr std::int64_t kReferenceWords = 6, kReferenceLongest = 3;
inline const Field kReferenceCaptions = caption_field(kReferenceLongest, {"a", "b", "c", "d", "e", "f"});

// Word k of place p of batch b, i = p / 2: 1 + (i + 2 k + b) mod 6 where k <= i mod 3, else none. int64
// [count, longest].
inline at::Tensor reference_captions(PlaceRange places, std::int64_t number) {
  const at::Tensor i = at::arange(places.first, places.first + places.count).div(2, "floor").unsqueeze(1);
  const at::Tensor k = at::arange(kReferenceLongest);
  return at::where(k.le(i.remainder(3)), (i + 2 * k + number).remainder(kReferenceWords) + 1, 0);
}

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
  const at::Tensor losses = gan.step(step, {std::move(batches)}).cpu();
  return {losses[0].item<double>(), losses[1].item<double>()};
}

inline std::unique_ptr<Procedure> make_gan(const AdversarialOptions& options, const ProcedureSetting& setting,
                                           Communicator& communicator) {
  return prepare_procedure(options, setting, communicator)();
}

}  // namespace ganymede
