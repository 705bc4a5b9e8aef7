// How good generated samples are, by every figure that fits their dataset.
#pragma once

#include <optional>

#include "evaluation/mode_coverage.hpp"
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

// Trains the classifier, if it needs one. Throws UserError if the samples do not fit the dataset.
Evaluation evaluate_samples(const GeneratedSamples& generated, const DatasetIndex& index);

}  // namespace ganymede
