// The memory of the accelerator's double, and the one device that LibTorch finds there.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

namespace ganymede {

c10::Allocator& device_memory();

bool is_on_device(const at::Tensor& tensor);

// The same memory as a tensor of the CPU.
at::Tensor alias_of(const at::Tensor& tensor);

at::Tensor allocate(at::IntArrayRef sizes, at::IntArrayRef strides, at::ScalarType dtype);

}  // namespace ganymede
