// How good generated samples are, by every figure that fits their dataset.
#pragma once

#include <memory>
#include <optional>

#include "evaluation/mode_coverage.hpp"
#include "evaluation/moments.hpp"
#include "evaluation/real_samples.hpp"

namespace ganymede {

// Samples in the form of the dataset: uint8 images or float points, with the labels that were asked for.
using GeneratedSamples = RealSamples;

// Figures that rest on a classifier of the dataset's classes.
struct ClassifierFigures {
  double held_out_accuracy = 0;  // of the classifier, on real images that it has not seen
  std::uint32_t checksum = 0;    // of its weights
  double frechet_distance = 0;   // of its 64 features, generated from real
  double reverse_kl = 0;         // nats, of the generated images' classes from the real ones'
};

struct Evaluation {
  std::int64_t samples = 0;
  std::int64_t real_samples = 0;
  double moments_distance = 0;                       // black is 0 and white 255; points have their own unit
  std::optional<ModeCoverage> coverage = {};         // of points whose law is known
  std::optional<ClassifierFigures> classifier = {};  // of images with labels
  std::optional<double> label_agreement = {};        // share of conditional samples that are of their class
};

// Of samples that come in pieces against those of a dataset.
class SampleEvaluation {
 public:
  // Measures the dataset, of which it keeps no more than 128 MiB of samples at a time, and trains the
  // classifier if it needs one: in less than a minute.
  explicit SampleEvaluation(const DatasetIndex& index);
  ~SampleEvaluation();

  // Throws UserError if the samples do not fit the dataset.
  void add(const GeneratedSamples& some);
  // Of two samples at least.
  Evaluation result() const;

 private:
  struct OfClassifier;

  void judge_real(const RealSamples& real);

  const DatasetIndex index_;
  std::int64_t real_samples_ = 0;
  Moments of_real_;
  MomentsSum moments_;
  std::int64_t samples_ = 0, agreeing_ = 0, labelled_ = 0;
  std::optional<ModeCounts> modes_;
  std::unique_ptr<OfClassifier> classifier_;
};

}  // namespace ganymede
