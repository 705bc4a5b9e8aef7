// A loss on its way into backward passes: its value, and the tensors of the graph that it was computed from,
// each with the loss's slope by it. The loss itself needs no graph then.
#pragma once

#include <torch/csrc/autograd/autograd.h>

#include <vector>

namespace ganymede {

class Objective {
 public:
  // value: a scalar without graph. Dependencies follow.
  explicit Objective(at::Tensor value) : value_(std::move(value)) {}

  Objective& depends_on(const at::Tensor& output, const at::Tensor& slope) {
    outputs_.push_back(output);
    slopes_.push_back(slope);
    return *this;
  }

  // A further term, a scalar with a graph.
  Objective& add(const at::Tensor& term) {
    value_ = value_ + term.detach();
    return depends_on(term, at::ones_like(term));
  }

  const at::Tensor& value() const { return value_; }

  // Sums the gradients of factor x loss at leaves: at `inputs`, or at all where there are none.
  void backward(double factor, const std::vector<at::Tensor>& inputs = {}) const {
    torch::autograd::backward(outputs_, scaled_slopes(factor), /*retain_graph=*/false, /*create_graph=*/false,
                              inputs);
  }

  // The gradient of factor x loss at `input`; the graph stays.
  at::Tensor gradient_at(const at::Tensor& input, double factor) const {
    return torch::autograd::grad(outputs_, {input}, scaled_slopes(factor), /*retain_graph=*/true)[0];
  }

 private:
  std::vector<at::Tensor> scaled_slopes(double factor) const {
    std::vector<at::Tensor> scaled;
    for (const at::Tensor& slope : slopes_) scaled.push_back(slope * factor);
    return scaled;
  }

  at::Tensor value_;
  std::vector<at::Tensor> outputs_, slopes_;
};

}  // namespace ganymede
