// A tensor with the name under which a file has it.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace ganymede {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

}  // namespace ganymede
