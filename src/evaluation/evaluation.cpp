#include "evaluation/evaluation.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "evaluation/frechet_distance.hpp"
#include "evaluation/image_classifier.hpp"
#include "evaluation/moments.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostRealSamples = 60'000;

double share_of_equal(const at::Tensor& a, const at::Tensor& b) {
  return (a == b).to(at::kDouble).mean().item<double>();
}

}  // namespace

Evaluation evaluate_samples(const GeneratedSamples& generated, const DatasetIndex& index) {
  require(
      generated.samples.sizes() == index.spec.sample().sizes(generated.samples.size(0)),
      "the generator makes samples of {} numbers, {} has samples of {}; evaluate on the dataset of the run",
      generated.samples[0].numel(), index.folder.string(), index.spec.sample().elements());
  const RealSamples real = read_real_samples(index, kMostRealSamples);
  Evaluation result{.samples = generated.samples.size(0), .real_samples = real.samples.size(0)};
  result.moments_distance =
      moments_distance(measure_moments(generated.samples), measure_moments(real.samples));
  if (index.modes) {
    result.coverage = measure_mode_coverage(generated.samples, *index.modes);
    if (generated.labels.defined())
      result.label_agreement =
          share_of_equal(nearest_modes(generated.samples, *index.modes), generated.labels);
  }
  if (const std::int64_t classes = index.spec.classes();
      classes > 0 && index.spec.sample().meaning == Meaning::pixels) {
    const ImageClassifier classifier(real, classes);
    const auto judged = classifier.judge(generated.samples), judged_real = classifier.judge(real.samples);
    // A class that the dataset names but lacks counts as one image: the divergence stays finite.
    const at::Tensor shares = at::bincount(real.labels, {}, classes).clamp_min(1).to(at::kDouble);
    result.classifier = {.held_out_accuracy = classifier.held_out_accuracy(),
                         .checksum = classifier.checksum(),
                         .frechet_distance = frechet_distance(judged.features, judged_real.features),
                         .reverse_kl = reverse_kl(judged.labels, shares / shares.sum())};
    if (generated.labels.defined()) result.label_agreement = share_of_equal(judged.labels, generated.labels);
  }
  return result;
}

}  // namespace ganymede
