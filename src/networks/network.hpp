// A network of a GAN: a torch module whose forward pass knows which rows of the global batch it sees.
#pragma once

#include <torch/nn/module.h>

#include <vector>

#include "base/random_stream.hpp"

namespace ganymede {

// Consecutive rows of a forward pass's input: places first_place, first_place + 1, ... of one global batch.
struct Segment {
  Pass pass = Pass::none;
  std::int64_t first_place = 0;
  std::int64_t rows = 0;
};

// What a forward pass depends on besides its input and the parameters. Random layers draw from streams named
// by these fields, so the result does not depend on the rank that computes it.
struct ForwardContext {
  bool training = false;
  std::uint64_t seed = 0;
  std::int64_t step = 0;
  std::vector<Segment> segments = {};  // together they cover the input's rows, in order
};

class Network : public torch::nn::Module {
 public:
  // input [rows, ...]; training forwards of a network with synchronised layers are collective.
  virtual at::Tensor forward(const at::Tensor& input, const ForwardContext& context) = 0;
};

}  // namespace ganymede
