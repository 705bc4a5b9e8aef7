// A small network that says how well an image and a caption go together, trained on pairs within a minute:
// image and caption become vectors of one space, near to each other where they are a pair (Radford et al.
// 2021, "Learning Transferable Visual Models From Natural Language Supervision", section 2.3, in small).
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

namespace ganymede {

class CaptionJudge {
 public:
  // Trains on pairs: images uint8 [n, channels, height, width], captions int64 [n, longest] of words 1 ...
  // words - 1 (0 is none), n >= 2. The same weights again for the same data, number of threads and machine.
  CaptionJudge(const at::Tensor& images, const at::Tensor& captions, std::int64_t words);
  ~CaptionJudge();

  // Unit vectors, float32 [n, 64]: the cosine of two says how well they go together.
  at::Tensor of_images(const at::Tensor& images) const;
  at::Tensor of_captions(const at::Tensor& captions) const;

  // CRC-32 of the weights: figures of two runs can be compared if it is equal.
  std::uint32_t checksum() const;

 private:
  struct Layers;
  void train(const at::Tensor& images, const at::Tensor& captions);

  std::shared_ptr<Layers> layers_;
};

}  // namespace ganymede
