// What the small networks that judge samples have in common: how they see images, and how they are trained.
#pragma once

#include <torch/nn.h>
#include <torch/optim.h>

#include "storage/checksum.hpp"

namespace ganymede {

// Bytes as numbers -1 .. 1.
inline at::Tensor as_numbers(const at::Tensor& images) {
  return images.to(at::kFloat).div_(127.5).sub_(1);
}

// Halves both sides.
inline torch::nn::Conv2d halving_convolution(std::int64_t from, std::int64_t to) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(from, to, 5).stride(2).padding(2));
}

// A side behind it.
inline std::int64_t halved(std::int64_t side) {
  return (side + 1) / 2;
}

// The rows of batches: all of them in a random order, then in another; what is less than a batch at the end
// of an order is left out.
class ShuffledRows {
 public:
  ShuffledRows(std::int64_t count, std::int64_t together, at::Generator random)
      : count_(count), together_(together), random_(std::move(random)), place_(count) {}

  // int64 [together].
  at::Tensor next() {
    if (place_ + together_ > count_) {
      order_ = at::randperm(count_, random_);
      place_ = 0;
    }
    place_ += together_;
    return order_.narrow(0, place_ - together_, together_);
  }

 private:
  const std::int64_t count_, together_;
  at::Generator random_;  // shared with whoever else draws from it
  at::Tensor order_;
  std::int64_t place_;
};

// Options: those of the optimizer's class.
template <typename Options>
void set_rate(torch::optim::Optimizer& optimizer, double rate) {
  static_cast<Options&>(optimizer.param_groups()[0].options()).lr(rate);
}

// Of `rate` that falls in a line to 0.
inline double falling(double rate, std::int64_t step, std::int64_t steps) {
  return rate * (1 - static_cast<double>(step) / static_cast<double>(steps));
}

// CRC-32 of the weights.
inline std::uint32_t checksum_of(const torch::nn::Module& network) {
  std::uint32_t crc = 0;
  for (const at::Tensor& parameter : network.parameters()) crc = crc32_of_tensor(parameter, crc);
  return crc;
}

}  // namespace ganymede
