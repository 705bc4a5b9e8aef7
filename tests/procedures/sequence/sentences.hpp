// What the tests of the sequence procedure train from, and a step of it.
#pragma once

#include "distributed/communicator.hpp"
#include "procedures/sequence/sequence_procedure.hpp"

namespace ganymede {

inline constexpr std::int64_t kSentenceLength = 6, kSentenceWords = 11, kSentences = 12;
inline const DataSpec kSentenceSpec{.fields = {{.name = "sequences",
                                                .meaning = Meaning::tokens,
                                                .shape = {kSentenceLength},
                                                .values = kSentenceWords}}};

// Sentences that count upwards by 1 or 2, from a number of their own.
inline Batch sentences(std::int64_t number, PlaceRange places) {
  const at::Tensor row = at::arange(places.first, places.first + places.count).view({places.count, 1});
  return {
      .fields = {((row + number) + at::arange(kSentenceLength) * (1 + row % 2)).remainder(kSentenceWords)},
      .first_place = places.first,
      .global_batch_size = kSentences,
      .epoch = 0,
      .number = number};
}

// What one step of the procedure takes.
inline StepData sentences_of_step(const Procedure& procedure, std::int64_t step, PlaceRange places) {
  const std::int64_t first = procedure.schedule().batches_before(step, 0);
  StepData data(1);
  for (std::int64_t i = 0; i < procedure.schedule().phase_of(step).batches.front(); ++i)
    data[0].push_back(sentences(first + i, places));
  return data;
}

// The scalars of one step, over all ranks.
inline std::vector<double> take_sequence_step(Procedure& procedure, std::int64_t step,
                                              Communicator& communicator) {
  const PlaceRange places = places_of_rank(kSentences, communicator.rank(), communicator.size());
  const at::Tensor sums = procedure.step(step, sentences_of_step(procedure, step, places)).cpu();
  communicator.all_reduce_sum_(sums);
  const auto* values = sums.const_data_ptr<double>();
  return {values, values + sums.numel()};
}

}  // namespace ganymede
