// The generator as the adversarial procedure asks it: places of a batch in, samples out, with labels and
// noise of the streams that the places name.
#pragma once

#include "procedures/adversarial/one_hot.hpp"
#include "procedures/adversarial/round.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

struct SamplerOptions {
  std::int64_t noise_size = 0;
  std::uint64_t seed = 0;
  at::ScalarType dtype = at::kFloat;
};

class Sampler {
 public:
  // The network and the labels' encoding outlive the sampler.
  Sampler(Network& network, SamplerOptions options, const OneHot& one_hot)
      : network_(network), options_(options), one_hot_(one_hot) {}

  // Uniform labels of a round's fakes, int64 [rows]; undefined without conditioning.
  at::Tensor draw_labels(const Round& round) const;
  // A training pass: a round's fakes [rows, channels, height, width], with its fake labels as condition.
  at::Tensor generate(const Round& round);
  // As Procedure::sample, with the network's present weights; [count, channels, height, width].
  SampleSet sample(const SampleRequest& request);

 private:
  at::Tensor draw_noise(const RandomStream& stream, std::int64_t first_place, std::int64_t count) const;
  at::Tensor labels_of(const SampleRequest& request) const;

  Network& network_;
  const SamplerOptions options_;
  const OneHot& one_hot_;
};

}  // namespace ganymede
