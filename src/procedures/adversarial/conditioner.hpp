// What the networks of the adversarial procedure are told of samples: nothing, their label or their caption.
#pragma once

#include "data/samples/captions.hpp"
#include "procedures/adversarial/one_hot.hpp"
#include "procedures/adversarial/round.hpp"
#include "procedures/samples.hpp"

namespace ganymede {

// Samples drawn without a text are of this many captions, so many one after another of each.
inline constexpr std::int64_t kShownCaptions = 8, kSamplesACaption = 8;

// [rows, condition size]; undefined without conditioning.
struct Conditions {
  at::Tensor real, fake;
  at::Tensor mismatched = {};  // of the round's mismatched captions, where it has some
};

class Conditioner {
 public:
  // classes: 0 unless conditioned by labels.
  Conditioner(std::int64_t classes, const at::TensorOptions& compute) : one_hot_(classes, compute) {}
  // By captions of that field. The encoder outlives this.
  Conditioner(const Field& captions, Network& encoder, const at::TensorOptions& compute)
      : one_hot_(0, compute),
        encoder_(&encoder),
        coder_(captions),
        shown_(at::zeros({kShownCaptions, captions.elements()}, at::kLong)) {}

  std::int64_t classes() const { return one_hot_.classes(); }

  // Of a round's samples; a fake has the caption of the real sample at its place. With a graph to the
  // encoder's parameters where gradients are on.
  Conditions of(const Round& round) const;
  // The same without a graph and without mismatched captions, for a generator.
  Conditions constants_of(const Round& round) const;
  // Of the samples of a request, [count, condition size], and what that is as labels or texts. Throws
  // UserError for a text with unknown words.
  at::Tensor of(const SampleRequest& request, SampleSet& samples) const;

  // The captions that samples are drawn of where a request names none: int64 [kShownCaptions, longest], no
  // words until a batch has shown some. In host memory.
  const at::Tensor& shown() const { return shown_; }
  bool shows_captions() const { return shown_.any().item<bool>(); }
  // The first that differ among captions int64 [rows, longest], over and over where they are fewer.
  void show(const at::Tensor& captions);

 private:
  Conditions own_of(const Round& round) const;
  at::Tensor encode(const at::Tensor& captions) const {
    return encoder_->forward(captions.to(one_hot_.device()), {});
  }

  OneHot one_hot_;
  Network* encoder_ = nullptr;
  CaptionCoder coder_;
  at::Tensor shown_;
};

}  // namespace ganymede
