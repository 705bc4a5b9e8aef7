// A small convolutional classifier, trained on a labelled dataset within a minute: it says what a generated
// image shows, and its features are the space in which real and generated images are compared.
#pragma once

#include <functional>
#include <memory>

#include "evaluation/real_samples.hpp"

namespace ganymede {

class ImageClassifier {
 public:
  static constexpr std::int64_t kSteps = 1800;  // of its training; tests do with fewer

  // Trains on nine of ten of the images and measures on the tenth: the same weights again for the same data,
  // number of threads and machine. images uint8 [n, channels, height, width], n >= 10; labels below classes.
  ImageClassifier(const RealSamples& real, std::int64_t classes, std::int64_t steps = kSteps);

  struct Judgement {
    at::Tensor labels;    // int64 [n]
    at::Tensor features;  // float32 [n, 64], of the last hidden layer
  };
  // Of some of the images after another, so that their features need little memory.
  void judge(const at::Tensor& images, const std::function<void(const Judgement&)>& take) const;

  double held_out_accuracy() const { return held_out_accuracy_; }
  // CRC-32 of the weights: figures of two runs can be compared if it is equal.
  std::uint32_t checksum() const;

 private:
  struct Layers;
  void train(const RealSamples& real, const at::Tensor& rows, std::int64_t steps);

  std::shared_ptr<Layers> layers_;
  double held_out_accuracy_ = 0;
};

}  // namespace ganymede
