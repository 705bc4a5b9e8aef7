// The generators as samples and figures ask them: images in, translations out, without graph and dropout.
#pragma once

#include "networks/network.hpp"
#include "procedures/cycle/domains.hpp"
#include "procedures/samples.hpp"
#include "storage/named_tensor.hpp"

namespace ganymede {

class Translator {
 public:
  // shapes: of the domains. The generators outlive it.
  Translator(const OfDomains<std::shared_ptr<Network>>& generators, const OfDomains<ImageShape>& shapes,
             const at::TensorOptions& compute);

  // Images [rows, channels, height, width] of the domain, as images of the other; in host memory.
  at::Tensor translate(std::size_t domain, const at::Tensor& images) const;

  // The first images that training meets, of which samples are made without others: where there is room left
  // for this batch, the first of all ranks' images. first: images of each domain before this batch.
  bool wants(std::int64_t first) const { return first < kShown; }
  void keep(std::size_t domain, std::int64_t first, const at::Tensor& images);
  static constexpr std::int64_t kShown = 8;  // of a domain

  // As Procedure::sample. Without images asked for, a sample is a kept image, its translation, and what comes
  // back, side by side; the domains take turns.
  SampleSet sample(const SampleRequest& request) const;
  SampleForm form(const std::array<double, 2>& pixels) const;

  // The kept images of both domains; the tensors share their memory.
  std::vector<NamedTensor> state() const;

 private:
  at::Tensor show_cycles(std::size_t domain) const;

  const OfDomains<std::shared_ptr<Network>> generators_;
  const OfDomains<ImageShape> shapes_;
  const at::TensorOptions compute_;
  OfDomains<at::Tensor> shown_;  // in host memory
};

}  // namespace ganymede
