// Captions that are not a sample's own: real samples beside them teach the discriminator to read (Reed et al.
// 2016, "Generative Adversarial Text to Image Synthesis", section 4.2).
#pragma once

#include "data/samples/batch.hpp"
#include "distributed/communicator.hpp"

namespace ganymede {

// Of a whole global batch.
struct BatchCaptions {
  at::Tensor captions;  // int64 [global batch size, longest]
  at::Tensor labels;    // int64 [global batch size]; undefined where samples have none
};

// captions, labels: of this rank's rows of the batch, of which `together` stay on one rank. The same on every
// rank. Collective.
BatchCaptions gather_captions(const Batch& batch, const at::Tensor& captions, const at::Tensor& labels,
                              std::int64_t together, Communicator& communicator);

struct MismatchedCaptions {
  at::Tensor captions;  // int64 [rows, longest]: the sample's own where there is no other
  at::Tensor found;     // bool [rows]
};

// Of each of the places the caption of the next place, behind the last of the global batch the first, whose
// caption is another one, and whose label is, where there are labels: a function of the global batch alone.
MismatchedCaptions mismatched_captions(const BatchCaptions& batch, PlaceRange places);

}  // namespace ganymede
