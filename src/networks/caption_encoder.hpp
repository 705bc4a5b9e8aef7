// Captions to the condition of a generator and a discriminator.
#pragma once

#include "networks/sequence_networks.hpp"

namespace ganymede {

// The mean of the embeddings of a caption's words, a linear layer and tanh: within [-1, 1], as the pixels
// beside which it stands. An encoder that learns with the discriminator, in the place of the one that Reed et
// al. (2016, section 4.1) train beforehand.
struct CaptionEncoderOptions {
  std::int64_t embedding_size = 128, condition_size = 128;
};

// The mean of the embeddings [words, size] of the words of captions, int64 [rows, longest], token 0 being
// none: [rows, size]; 0 of a caption without words.
at::Tensor mean_of_words(const at::Tensor& embedding, const at::Tensor& captions);

// forward: tokens int64 [rows, longest] to conditions [rows, condition_size]. Token 0 is no word.
std::shared_ptr<Network> make_caption_encoder(const CaptionEncoderOptions& options,
                                              bool spectral_normalization, const SequenceSetting& setting);

}  // namespace ganymede
