// One global batch on its way through the networks of the adversarial procedure: which numbers are drawn for
// it.
#pragma once

#include <initializer_list>

#include "kernels/random_tensor.hpp"
#include "networks/network.hpp"
#include "procedures/adversarial/streams.hpp"

namespace ganymede {

struct Round {
  at::Tensor real;           // [rows, channels, height, width]; points are rows of pixels
  std::int64_t first_place;  // in the global batch
  std::int64_t global_batch_size;
  StepSeed seed;                  // of what is drawn for it
  std::int64_t critic_iteration;  // updates of the discriminator before this one in this step

  // int64 [rows]; undefined unless conditioned by labels.
  at::Tensor real_labels = {}, fake_labels = {};
  // int64 [rows, longest]; undefined unless conditioned by text, the second also without mismatched pairs.
  at::Tensor captions = {}, mismatched_captions = {};
  at::Tensor has_mismatched = {};  // bool [rows], beside them

  std::int64_t rows() const { return real.size(0); }

  TensorStream stream(StreamId id) const {
    id.iteration = static_cast<std::uint8_t>(critic_iteration);
    return {seed, id};
  }

  // A training pass over this rank's rows, once for each of the named passes. A network that sees packs of
  // samples has a place a pack.
  ForwardContext context(std::initializer_list<Pass> passes, std::int64_t packing = 1) const {
    ForwardContext context{.training = true, .iteration = critic_iteration, .seed = seed};
    for (const Pass pass : passes)
      context.segments.push_back(
          {.pass = pass, .first_place = first_place / packing, .rows = rows() / packing});
    return context;
  }
};

}  // namespace ganymede
