// Whether generated images show what their captions say: a judge that has learnt from real pairs picks, for
// each image, the right caption among several.
#pragma once

#include "data/format/dataset_index.hpp"
#include "procedures/figures.hpp"

namespace ganymede {

// Captions among which the judge picks: the right one, and others of held-out samples.
inline constexpr std::int64_t kCaptionCandidates = 32;

// generated: uint8 [n, channels, height, width], image i of the caption of held-out sample i; n may be less
// than there are. Three shares, in which the judge picks the right caption: of generated images, of the same
// images with captions that are shuffled (chance), and of the real held-out images (what the judge is worth).
// Trains the judge on the pairs of `train`, within a minute. Throws UserError if a dataset has no captions,
// or the held-out one too few different ones.
Figures measure_caption_agreement(const at::Tensor& generated, const DatasetIndex& train,
                                  const DatasetIndex& held_out);

}  // namespace ganymede
