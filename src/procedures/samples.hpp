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

namespace ganymede {

// What a sample can be asked to be of.
enum class SampleInput { label, text, image };

struct ClassLabel {
  std::int64_t number = 0;
};

// What the samples of a procedure are. The same for all of them.
struct SampleForm {
  enum class Kind { pictures, points, texts } kind = Kind::pictures;
  std::vector<SampleInput> inputs = {};  // what a request may name
  std::int64_t classes = 0;              // of samples with labels; without a label asked for they take turns
  std::array<double, 2> pixels = {-1, 1};  // of pictures: what black and white are

  bool takes(SampleInput input) const {
    return std::find(inputs.begin(), inputs.end(), input) != inputs.end();
  }
};

struct SampleRequest {
  std::int64_t first_place = 0;
  std::int64_t count = 0;
  // Of all samples: nothing, a class, a text, or an image [channels, height, width] in the range of pixels.
  std::variant<std::monostate, ClassLabel, std::string, at::Tensor> of = {};
};

struct SampleSet {
  // Pictures [count, channels, height, width]; points [count, dimensions]; tokens of texts, int64 [count,
  // length].
  at::Tensor values = {};
  at::Tensor labels = {};  // int64 [count]; undefined where the form has no classes
  std::vector<std::string> texts = {};

  std::int64_t count() const {
    return values.defined() ? values.size(0) : static_cast<std::int64_t>(texts.size());
  }
};

}  // namespace ganymede
