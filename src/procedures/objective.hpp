// A loss on its way into backward passes: its value, and the tensors of the graph that it was computed from,
// each with the slope of factor x loss by it. The loss itself needs no graph then.
#pragma once

#include <torch/csrc/autograd/autograd.h>

#include <vector>

namespace ganymede {

class Objective {
 public:
  // Dependencies follow.
  Objective(at::Tensor value, double factor) : value_(std::move(value)), factor_(factor) {}

  Objective& depends_on(const at::Tensor& output, const at::Tensor& slope) {
    outputs_.push_back(output);
    slopes_.push_back(slope);
    return *this;
  }

  // A further term, a scalar with a graph.
  Objective& add(const at::Tensor& term) {
    value_ = value_ + term.detach();
    return depends_on(term, at::full_like(term, factor_));
  }

  const at::Tensor& value() const { return value_; }  // a float64 number

  // Sums the gradients of factor x loss at leaves: at `inputs`, or at all where there are none.
  void backward(const std::vector<at::Tensor>& inputs = {}) const {
    torch::autograd::backward(outputs_, slopes_, /*retain_graph=*/false, /*create_graph=*/false, inputs);
  }

  // The gradient of factor x loss at `input`; the graph stays.
  at::Tensor gradient_at(const at::Tensor& input) const {
    return torch::autograd::grad(outputs_, {input}, slopes_, /*retain_graph=*/true)[0];
  }

 private:
  at::Tensor value_;
  double factor_;
  std::vector<at::Tensor> outputs_, slopes_;
};

// Of parts of a batch, one after another.
class SumOfLosses {
 public:
  SumOfLosses& operator+=(const at::Tensor& loss) {
    sum_ = sum_.defined() ? sum_ + loss : loss;
    return *this;
  }
  // A float64 number; of one part at least.
  const at::Tensor& get() const { return sum_; }

 private:
  at::Tensor sum_;
};

}  // namespace ganymede
