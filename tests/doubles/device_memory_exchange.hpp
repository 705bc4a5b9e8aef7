// The gradients of one rank in the memory of its device: there is nobody to add them up with.
#pragma once

#include <ATen/ops/zeros.h>

#include "distributed/gradient_exchange.hpp"

namespace ganymede {

class DeviceMemoryExchange final : public GradientExchange {
 public:
  DeviceMemoryExchange(Communicator& communicator, at::Device device)
      : GradientExchange(communicator), device_(device) {}

  at::Tensor allocate_values(std::int64_t elements, at::ScalarType dtype) override {
    return at::zeros({elements}, at::TensorOptions(dtype).device(device_));
  }
  Gradients allocate_gradients(std::int64_t elements, at::ScalarType dtype) override {
    return {.number = numbers_++, .of_rank = {}, .own = allocate_values(elements, dtype)};
  }
  bool writes_values() const override { return true; }
  std::int64_t bucket_bytes() const override { return 0; }
  ElementRange owned_part(ElementRange bucket) const override { return bucket; }
  void start_sums(const Gradients&, std::span<const ElementRange>) override {}
  void finish_sums() override {}
  void abandon_sums() noexcept override {}
  void publish(const at::Tensor&, std::span<const ElementRange>, std::int64_t) override {}
  void broadcast_values_(const at::Tensor&) override {}
  void all_reduce_sum_(const at::Tensor&) override {}
  at::Tensor all_gather(const at::Tensor& tensor) override { return tensor.unsqueeze(0); }
  bool can_overlap() const override { return false; }

 private:
  const at::Device device_;
  std::int64_t numbers_ = 0;
};

}  // namespace ganymede
