#include "evaluation/evaluation.hpp"

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "evaluation/frechet_distance.hpp"
#include "evaluation/image_classifier.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kMostRealSamples = 60'000, kMostRealBytes = std::int64_t{128} << 20;

std::int64_t most_real_samples(const Field& sample) {
  const std::int64_t bytes = sample.elements() * static_cast<std::int64_t>(c10::elementSize(sample.stored()));
  return std::clamp<std::int64_t>(kMostRealBytes / bytes, 1, kMostRealSamples);
}

std::int64_t count_equal(const at::Tensor& a, const at::Tensor& b) {
  return (a == b).sum().item<std::int64_t>();
}

}  // namespace

struct SampleEvaluation::OfClassifier {
  ImageClassifier classifier;
  NormalLaw of_real;      // the features of the dataset's images
  at::Tensor shares;      // float64 [classes]: of the dataset's labels
  NormalLawSum features;  // of the samples
  at::Tensor classes;     // int64 [classes]: how many samples are taken for each
};

SampleEvaluation::SampleEvaluation(const DatasetIndex& index) : index_(index) {
  const Field& sample = index_.spec.sample();
  const RealSamples real = read_real_samples(index_, most_real_samples(sample));
  real_samples_ = real.samples.size(0);
  MomentsSum of_real;
  of_real.add(real.samples);
  of_real_ = of_real.moments();
  if (index_.modes) modes_.emplace(*index_.modes);
  if (index_.spec.classes() > 0 && sample.meaning == Meaning::pixels) judge_real(real);
}

SampleEvaluation::~SampleEvaluation() = default;

void SampleEvaluation::judge_real(const RealSamples& real) {
  const std::int64_t classes = index_.spec.classes();
  ImageClassifier classifier(real, classes);
  NormalLawSum features;
  classifier.judge(real.samples,
                   [&](const ImageClassifier::Judgement& judged) { features.add(judged.features); });
  // A class that the dataset names but lacks counts as one image: the divergence stays finite.
  const at::Tensor shares = at::bincount(real.labels, {}, classes).clamp_min(1).to(at::kDouble);
  classifier_ = std::make_unique<OfClassifier>(OfClassifier{.classifier = std::move(classifier),
                                                            .of_real = features.law(),
                                                            .shares = shares / shares.sum(),
                                                            .features = {},
                                                            .classes = at::zeros({classes}, at::kLong)});
}

void SampleEvaluation::add(const GeneratedSamples& some) {
  const std::int64_t count = some.samples.size(0);
  require(
      some.samples.sizes() == index_.spec.sample().sizes(count),
      "the generator makes samples of {} numbers, {} has samples of {}; evaluate on the dataset of the run",
      some.samples[0].numel(), index_.folder.string(), index_.spec.sample().elements());
  samples_ += count;
  moments_.add(some.samples);
  if (some.labels.defined()) labelled_ += count;
  if (modes_) {
    modes_->add(some.samples);
    if (some.labels.defined())
      agreeing_ += count_equal(nearest_modes(some.samples, *index_.modes), some.labels);
  }
  if (!classifier_) return;
  std::int64_t done = 0;
  classifier_->classifier.judge(some.samples, [&](const ImageClassifier::Judgement& judged) {
    const std::int64_t rows = judged.labels.size(0);
    classifier_->features.add(judged.features);
    classifier_->classes += at::bincount(judged.labels, {}, classifier_->classes.size(0));
    if (some.labels.defined()) agreeing_ += count_equal(judged.labels, some.labels.narrow(0, done, rows));
    done += rows;
  });
}

Evaluation SampleEvaluation::result() const {
  Evaluation result{.samples = samples_,
                    .real_samples = real_samples_,
                    .moments_distance = moments_distance(moments_.moments(), of_real_)};
  if (modes_) result.coverage = modes_->coverage();
  if (classifier_)
    result.classifier = {
        .held_out_accuracy = classifier_->classifier.held_out_accuracy(),
        .checksum = classifier_->classifier.checksum(),
        .frechet_distance = frechet_distance(classifier_->features.law(), classifier_->of_real),
        .reverse_kl = reverse_kl(classifier_->classes, classifier_->shares)};
  if (labelled_ > 0 && (modes_ || classifier_))
    result.label_agreement = static_cast<double>(agreeing_) / static_cast<double>(labelled_);
  return result;
}

}  // namespace ganymede
