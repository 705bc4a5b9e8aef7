#include "evaluation/caption_judge.hpp"

#include "base/error.hpp"
#include "evaluation/small_network.hpp"
#include "networks/caption_encoder.hpp"
#include "networks/initialization.hpp"

namespace ganymede {
namespace {

enum class CaptionJudgeStream : std::uint8_t { judge = 5 };

constexpr std::uint64_t kJudgeSeed = 1;
constexpr std::int64_t kJudgeSteps = 1500, kPairsTogether = 64;
constexpr double kJudgeRate = 2e-3;  // at first; falls in a line to 0
constexpr double kWeightDecay = 1e-2;
constexpr double kWordDropout = 0.2, kFeatureDropout = 0.3;
constexpr std::int64_t kMostShift = 2;  // pixels, of an image that is trained on
constexpr std::int64_t kSpace = 64, kWordSize = 64, kImagesTogether = 500;
constexpr double kTemperature = 0.1;

at::Tensor unit_rows(const at::Tensor& rows) {
  return rows / at::linalg_vector_norm(rows, 2, at::IntArrayRef{1}, /*keepdim=*/true).clamp_min(1e-8);
}

// Below rate of the numbers, drawn anew, is true.
at::Tensor chance(at::IntArrayRef sizes, double rate, at::Generator& random) {
  return at::rand(sizes, random, at::kFloat).lt(rate);
}

// The batch moved by up to kMostShift pixels each way, what comes in is the border again.
at::Tensor shifted(const at::Tensor& images, at::Generator& random) {
  const at::Tensor by = at::randint(2 * kMostShift + 1, {2}, random, at::kLong);
  const at::Tensor wide = at::replication_pad2d(images, {kMostShift, kMostShift, kMostShift, kMostShift});
  return wide.narrow(2, by[0].item<std::int64_t>(), images.size(2))
      .narrow(3, by[1].item<std::int64_t>(), images.size(3));
}

}  // namespace

struct CaptionJudge::Layers : torch::nn::Module {
  Layers(at::IntArrayRef image, std::int64_t words)
      : first(register_module("first", halving_convolution(image[0], 24))),
        second(register_module("second", halving_convolution(24, 48))),
        third(register_module("third", halving_convolution(48, 64))),
        from_image(register_module("from_image", torch::nn::Linear(64 * halved(halved(halved(image[1]))) *
                                                                       halved(halved(halved(image[2]))),
                                                                   kSpace))),
        from_word(register_module("from_word", torch::nn::Linear(kWordSize, kSpace))),
        embedding(register_parameter("embedding", at::empty({words, kWordSize}))) {
    initialize_like_pytorch(*this, kJudgeSeed, CaptionJudgeStream::judge);
  }

  // Dropped features are 0, where there are some.
  at::Tensor image_vectors(const at::Tensor& input, const at::Tensor& dropped = {}) {
    at::Tensor features = third(second(first(input).relu()).relu()).relu().flatten(1);
    if (dropped.defined()) features = features.masked_fill(dropped, 0) / (1 - kFeatureDropout);
    return unit_rows(from_image(features));
  }

  at::Tensor caption_vectors(const at::Tensor& captions) {
    return unit_rows(from_word(mean_of_words(embedding, captions)));
  }

  torch::nn::Conv2d first, second, third;
  torch::nn::Linear from_image, from_word;
  at::Tensor embedding;  // [words, kWordSize]
};

CaptionJudge::CaptionJudge(const at::Tensor& images, const at::Tensor& captions, std::int64_t words)
    : layers_(std::make_shared<Layers>(images.sizes().slice(1), words)) {
  require(images.size(0) >= 2,
          "{} pairs of an image and a caption are too few to train a judge; expected at least 2",
          images.size(0));
  train(images, captions);
}

CaptionJudge::~CaptionJudge() = default;

// Each image picks its caption among those of its batch, and each caption its image. Pairs with the same
// caption do not count against each other.
void CaptionJudge::train(const at::Tensor& images, const at::Tensor& captions) {
  at::Generator random = at::make_generator<at::CPUGeneratorImpl>(kJudgeSeed);
  torch::optim::AdamW adam(layers_->parameters(),
                           torch::optim::AdamWOptions(kJudgeRate).weight_decay(kWeightDecay));
  const std::int64_t together = std::min(kPairsTogether, images.size(0));
  ShuffledRows order(images.size(0), together, random);
  const at::Tensor own = at::arange(together);
  for (std::int64_t step = 0; step < kJudgeSteps; ++step) {
    const at::Tensor rows = order.next();
    set_rate<torch::optim::AdamWOptions>(adam, falling(kJudgeRate, step, kJudgeSteps));
    const at::Tensor input = shifted(as_numbers(images.index_select(0, rows)), random);
    const at::Tensor words = captions.index_select(0, rows);
    const at::Tensor alike = words.unsqueeze(0)
                                 .eq(words.unsqueeze(1))
                                 .all(2)
                                 .logical_and(at::eye(together, at::kBool).logical_not());
    const at::Tensor seen = words.masked_fill(chance(words.sizes(), kWordDropout, random), 0);
    const at::Tensor dropped =
        chance({together, layers_->from_image->weight.size(1)}, kFeatureDropout, random);
    adam.zero_grad();
    const at::Tensor logits =
        (layers_->image_vectors(input, dropped).mm(layers_->caption_vectors(seen).t()) / kTemperature)
            .masked_fill(alike, -1e4);
    (at::cross_entropy_loss(logits, own) + at::cross_entropy_loss(logits.t(), own)).backward();
    adam.step();
  }
}

at::Tensor CaptionJudge::of_images(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> vectors;
  for (const at::Tensor& block : images.split(kImagesTogether))
    vectors.push_back(layers_->image_vectors(as_numbers(block)));
  return at::cat(vectors);
}

at::Tensor CaptionJudge::of_captions(const at::Tensor& captions) const {
  const at::NoGradGuard no_grad;
  return layers_->caption_vectors(captions);
}

std::uint32_t CaptionJudge::checksum() const {
  return checksum_of(*layers_);
}

}  // namespace ganymede
