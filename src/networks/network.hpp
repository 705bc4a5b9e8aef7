// A network: a torch module whose forward pass knows which rows of the global batch it sees.
#pragma once

#include <ATen/ATen.h>
#include <torch/nn/module.h>

#include <vector>

#include "kernels/random_tensor.hpp"

namespace ganymede {

// Consecutive rows of a forward pass's input: places first_place, first_place + 1, ... of one global batch.
struct Segment {
  StreamCode pass = {};  // which of the passes that the step has
  std::int64_t first_place = 0;
  std::int64_t rows = 0;
};

// What a forward pass depends on besides its input and the parameters. Random layers draw from streams named
// by these fields, so the result does not depend on the rank that computes it.
struct ForwardContext {
  bool training = false;
  std::int64_t iteration = 0;                 // of those that the step has
  std::vector<Segment> segments = {};         // together they cover the input's rows, in order
  at::Tensor condition = {};                  // [rows, condition size]; undefined for unconditional networks
  std::vector<at::Tensor>* hidden = nullptr;  // where set, gets the output of each hidden layer, in order
  StepSeed seed = {};                         // of what is drawn
};

// Hands a hidden layer's output to whoever asked for it.
inline void offer_hidden(const at::Tensor& output, const ForwardContext& context) {
  if (context.hidden) context.hidden->push_back(output);
}

// The input of a conditional network: the condition beside the features of a row [rows, features], or as
// constant channels beside those of an image [rows, channels, height, width].
inline at::Tensor with_condition(const at::Tensor& input, const ForwardContext& context) {
  if (!context.condition.defined()) return input;
  at::Tensor condition = context.condition;
  if (input.dim() == 4)
    condition = condition.view({condition.size(0), condition.size(1), 1, 1})
                    .expand({-1, -1, input.size(2), input.size(3)});
  return at::cat({input, condition}, 1);
}

class Network : public torch::nn::Module {
 public:
  // input [rows, ...]; training forwards of a network with synchronised layers are collective.
  virtual at::Tensor forward(const at::Tensor& input, const ForwardContext& context) = 0;

  // How many tensors a forward pass gives to ForwardContext::hidden.
  virtual std::int64_t hidden_layers() const = 0;

  // Called once before the forward passes of each update of this network.
  virtual void begin_update() {}
};

// Makes parameters and buffers of the dtype of `compute`, on its device.
inline void move_to(torch::nn::Module& network, const at::TensorOptions& compute) {
  network.to(compute.device(), c10::typeMetaToScalarType(compute.dtype()));
}

}  // namespace ganymede
