// What a trained procedure makes: asked for by places of the sample stream, so that the same request gives
// the same samples.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/image_shape.hpp"

namespace ganymede {

// What a sample can be asked to be of.
enum class SampleInput { label, text, image };

struct ClassLabel {
  std::int64_t number = 0;
};

// A way in which images are translated.
struct Direction {
  std::string name;      // "a-to-b"
  ImageShape from = {};  // of the images that it takes
};

// What the samples of a procedure are. The same for all of them.
struct SampleForm {
  enum class Kind { pictures, points, texts } kind = Kind::pictures;
  std::vector<SampleInput> inputs = {};  // what a request may name
  std::int64_t classes = 0;              // of samples with labels; without a label asked for they take turns
  std::int64_t samples_a_text =
      0;  // of pictures of texts: so many one after another, unless one is asked for
  std::array<double, 2> pixels = {-1, 1};  // of pictures: what black and white are
  std::int64_t distinct = 0;               // samples without a request, after which they repeat; 0: no end
  std::vector<Direction> directions = {};  // in which a request may have images translated

  bool takes(SampleInput input) const {
    return std::find(inputs.begin(), inputs.end(), input) != inputs.end();
  }
};

// Images to be translated; the sample at a place is made of the image there.
struct Translation {
  std::string direction;
  at::Tensor images;  // [all places, channels, height, width] in the range of pixels
};

struct SampleRequest {
  std::int64_t first_place = 0;
  std::int64_t count = 0;
  // Of all samples: nothing, a class or a text; or images, one a sample.
  std::variant<std::monostate, ClassLabel, std::string, Translation> of = {};
};

struct SampleSet {
  // Pictures [count, channels, height, width]; points [count, dimensions]; tokens of texts, int64 [count,
  // length].
  at::Tensor values = {};
  at::Tensor labels = {};               // int64 [count]; undefined where the form has no classes
  std::vector<std::string> texts = {};  // that they are, or that the pictures are of

  std::int64_t count() const {
    return values.defined() ? values.size(0) : static_cast<std::int64_t>(texts.size());
  }
};

}  // namespace ganymede
