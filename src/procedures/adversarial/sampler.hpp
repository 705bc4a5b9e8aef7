// The generator as the adversarial procedure asks it: places of a batch in, samples out, with labels and
// noise of the streams that the places name.
#pragma once

#include "procedures/adversarial/conditioner.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

struct SamplerOptions {
  std::int64_t noise_size = 0;
  std::uint64_t seed = 0;
  at::TensorOptions compute = at::kFloat;
};

class Sampler {
 public:
  // The network and the conditioner outlive the sampler.
  Sampler(Network& network, SamplerOptions options, const Conditioner& conditioner)
      : network_(network), options_(options), conditioner_(conditioner) {}

  // Uniform labels of a round's fakes, int64 [rows]; undefined unless conditioned by labels.
  at::Tensor draw_labels(const Round& round) const;
  // A training pass: a round's fakes [rows, channels, height, width], of its fakes' conditions as constants.
  at::Tensor generate(const Round& round);
  // As Procedure::sample, with the network's present weights; [count, channels, height, width].
  SampleSet sample(const SampleRequest& request);

 private:
  at::Tensor draw_noise(const TensorStream& stream, std::int64_t first_place, std::int64_t count) const;

  Network& network_;
  const SamplerOptions options_;
  const Conditioner& conditioner_;
};

}  // namespace ganymede
