#include "evaluation/image_classifier.hpp"

#include "base/error.hpp"
#include "evaluation/small_network.hpp"
#include "networks/initialization.hpp"

namespace ganymede {
namespace {

enum class ClassifierStream : std::uint8_t { classifier = 3 };

constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kBatchSize = 64;
constexpr double kLearningRate = 2e-3;  // at first; falls in a line to 0
constexpr std::int64_t kHeldOut = 10;   // one of this many images
constexpr std::int64_t kFeatures = 64;
constexpr std::int64_t kJudgedTogether = 500;

}  // namespace

struct ImageClassifier::Layers : torch::nn::Module {
  Layers(const ImageShape& shape, std::int64_t classes)
      : first(register_module("first", halving_convolution(shape.channels, 16))),
        second(register_module("second", halving_convolution(16, 32))),
        hidden(register_module(
            "hidden",
            torch::nn::Linear(32 * halved(halved(shape.height)) * halved(halved(shape.width)), kFeatures))),
        output(register_module("output", torch::nn::Linear(kFeatures, classes))) {
    initialize_like_pytorch(*this, kSeed, ClassifierStream::classifier);
  }

  at::Tensor features(const at::Tensor& input) {
    const at::Tensor map = second(first(input).relu()).relu();
    return hidden(map.flatten(1)).relu();
  }

  torch::nn::Conv2d first, second;
  torch::nn::Linear hidden, output;
};

ImageClassifier::ImageClassifier(const RealSamples& real, std::int64_t classes, std::int64_t steps) {
  const at::Tensor& images = real.samples;
  require(images.size(0) >= kHeldOut, "{} images are too few to train a classifier; expected at least {}",
          images.size(0), kHeldOut);
  layers_ = std::make_shared<Layers>(
      ImageShape{.channels = images.size(1), .height = images.size(2), .width = images.size(3)}, classes);
  const at::Tensor held_out = at::arange(images.size(0)).remainder(kHeldOut) == kHeldOut - 1;
  const at::Tensor trained = held_out.logical_not().nonzero().view(-1), tested = held_out.nonzero().view(-1);
  train(real, trained, steps);
  std::int64_t done = 0, right = 0;
  judge(images.index_select(0, tested), [&](const Judgement& judged) {
    const at::Tensor rows = tested.narrow(0, done, judged.labels.size(0));
    right += (judged.labels == real.labels.index_select(0, rows)).sum().item<std::int64_t>();
    done += rows.size(0);
  });
  held_out_accuracy_ = static_cast<double>(right) / static_cast<double>(done);
}

void ImageClassifier::train(const RealSamples& real, const at::Tensor& trained, std::int64_t steps) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(kSeed);
  torch::optim::Adam adam(layers_->parameters(), torch::optim::AdamOptions(kLearningRate));
  ShuffledRows order(trained.size(0), std::min(kBatchSize, trained.size(0)), random);
  for (std::int64_t step = 0; step < steps; ++step) {
    const at::Tensor rows = trained.index_select(0, order.next());
    set_rate<torch::optim::AdamOptions>(adam, falling(kLearningRate, step, steps));
    adam.zero_grad();
    const at::Tensor logits =
        layers_->output(layers_->features(as_numbers(real.samples.index_select(0, rows))));
    at::cross_entropy_loss(logits, real.labels.index_select(0, rows)).backward();
    adam.step();
  }
}

void ImageClassifier::judge(const at::Tensor& images,
                            const std::function<void(const Judgement&)>& take) const {
  const at::NoGradGuard no_grad;
  for (const at::Tensor& block : images.split(kJudgedTogether)) {
    const at::Tensor features = layers_->features(as_numbers(block));
    take({.labels = layers_->output(features).argmax(1), .features = features});
  }
}

std::uint32_t ImageClassifier::checksum() const {
  return checksum_of(*layers_);
}

}  // namespace ganymede
