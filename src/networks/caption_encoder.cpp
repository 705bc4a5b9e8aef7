#include "networks/caption_encoder.hpp"

#include "networks/initialization.hpp"
#include "networks/linear.hpp"
#include "networks/spectral_normalization.hpp"

namespace ganymede {
namespace {

class CaptionEncoder final : public Network {
 public:
  CaptionEncoder(const CaptionEncoderOptions& options, std::int64_t vocabulary)
      : embedding_(register_parameter("embedding", at::empty({vocabulary, options.embedding_size}))),
        output_(
            register_module("output", torch::nn::Linear(options.embedding_size, options.condition_size))) {}

  at::Tensor forward(const at::Tensor& captions, const ForwardContext&) override {
    return linear(output_, mean_of_words(embedding_, captions)).tanh();
  }

  std::int64_t hidden_layers() const override { return 0; }

 private:
  at::Tensor embedding_;  // [vocabulary, embedding_size]
  torch::nn::Linear output_;
};

}  // namespace

at::Tensor mean_of_words(const at::Tensor& embedding, const at::Tensor& captions) {
  const at::Tensor is_word = captions.ne(0).to(embedding.scalar_type());
  const at::Tensor sum = (at::embedding(embedding, captions) * is_word.unsqueeze(2)).sum(1);
  return sum / is_word.sum(1, /*keepdim=*/true).clamp_min(1);
}

std::shared_ptr<Network> make_caption_encoder(const CaptionEncoderOptions& options,
                                              bool spectral_normalization, const SequenceSetting& setting) {
  std::shared_ptr<Network> network = std::make_shared<CaptionEncoder>(options, setting.vocabulary);
  initialize_sequence_network(*network, /*hidden_size=*/options.embedding_size, setting.seed, setting.id);
  move_to(*network, setting.compute);
  if (spectral_normalization) network = normalize_spectrally(network, setting.seed, setting.id);
  return network;
}

}  // namespace ganymede
