#pragma once

#include <ATen/core/Tensor.h>

namespace ganymede {

// What an operation adds its part to.
struct RunningSum {
  at::Tensor numbers = {};  // undefined where nobody asks for the sum
  bool empty = false;       // it is 0 so far, whatever its memory holds
};

}  // namespace ganymede
