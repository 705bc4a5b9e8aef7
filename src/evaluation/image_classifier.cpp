#include "evaluation/image_classifier.hpp"

#include <torch/nn.h>
#include <torch/optim.h>

#include "base/error.hpp"
#include "networks/initialization.hpp"
#include "storage/checksum.hpp"

namespace ganymede {
namespace {

enum class ClassifierStream : std::uint8_t { classifier = 3 };

constexpr std::uint64_t kSeed = 1;
constexpr std::int64_t kSteps = 1800, kBatchSize = 64;
constexpr double kLearningRate = 2e-3;  // at first; falls in a line to 0
constexpr std::int64_t kHeldOut = 10;   // one of this many images
constexpr std::int64_t kFeatures = 64;
constexpr std::int64_t kJudgedTogether = 500;

// Bytes as numbers -1 .. 1.
at::Tensor as_input(const at::Tensor& images) {
  return images.to(at::kFloat).div_(127.5).sub_(1);
}

torch::nn::Conv2d convolution(std::int64_t from, std::int64_t to) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 5).stride(2).padding(2));
}

std::int64_t half(std::int64_t size) {
  return (size + 1) / 2;
}

}  // namespace

struct ImageClassifier::Layers : torch::nn::Module {
  Layers(const ImageShape& shape, std::int64_t classes)
      : first(register_module("first", convolution(shape.channels, 16))),
        second(register_module("second", convolution(16, 32))),
        hidden(register_module(
            "hidden", torch::nn::Linear(32 * half(half(shape.height)) * half(half(shape.width)), kFeatures))),
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

ImageClassifier::ImageClassifier(const RealSamples& real, std::int64_t classes) {
  const at::Tensor& images = real.samples;
  require(images.size(0) >= kHeldOut, "{} images are too few to train a classifier; expected at least {}",
          images.size(0), kHeldOut);
  layers_ = std::make_shared<Layers>(
      ImageShape{.channels = images.size(1), .height = images.size(2), .width = images.size(3)}, classes);
  const at::Tensor held_out = at::arange(images.size(0)).remainder(kHeldOut) == kHeldOut - 1;
  const at::Tensor trained = held_out.logical_not().nonzero().view(-1), tested = held_out.nonzero().view(-1);
  train(images.index_select(0, trained), real.labels.index_select(0, trained));
  const at::Tensor found = judge(images.index_select(0, tested)).labels;
  held_out_accuracy_ = (found == real.labels.index_select(0, tested)).to(at::kDouble).mean().item<double>();
}

ImageClassifier::~ImageClassifier() = default;

void ImageClassifier::train(const at::Tensor& images, const at::Tensor& labels) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(kSeed);
  torch::optim::Adam adam(layers_->parameters(), torch::optim::AdamOptions(kLearningRate));
  const std::int64_t count = images.size(0), batch_size = std::min(kBatchSize, count);
  at::Tensor order;
  std::int64_t place = count;
  for (std::int64_t step = 0; step < kSteps; ++step) {
    if (place + batch_size > count) {
      order = at::randperm(count, random);
      place = 0;
    }
    const at::Tensor rows = order.narrow(0, place, batch_size);
    place += batch_size;
    static_cast<torch::optim::AdamOptions&>(adam.param_groups()[0].options())
        .lr(kLearningRate * (1 - static_cast<double>(step) / static_cast<double>(kSteps)));
    adam.zero_grad();
    const at::Tensor logits = layers_->output(layers_->features(as_input(images.index_select(0, rows))));
    at::cross_entropy_loss(logits, labels.index_select(0, rows)).backward();
    adam.step();
  }
}

ImageClassifier::Judgement ImageClassifier::judge(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> labels, features;
  for (const at::Tensor& block : images.split(kJudgedTogether)) {
    features.push_back(layers_->features(as_input(block)));
    labels.push_back(layers_->output(features.back()).argmax(1));
  }
  return {.labels = at::cat(labels), .features = at::cat(features)};
}

std::uint32_t ImageClassifier::checksum() const {
  std::uint32_t crc = 0;
  for (const at::Tensor& parameter : layers_->parameters()) crc = crc32_of_tensor(parameter, crc);
  return crc;
}

}  // namespace ganymede
