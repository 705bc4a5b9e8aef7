#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>

#include "kernels/conversion.hpp"

namespace ganymede {

// What an operation adds its part to.
struct RunningSum {
  at::Tensor numbers = {};  // undefined where nobody asks for the sum
  bool empty = false;       // it is 0 so far, whatever its memory holds

  // part: of its shape, in any dtype. Autograd does not see it.
  void add(const at::Tensor& part) const {
    const at::NoGradGuard no_grad;
    if (empty)
      convert_into(numbers, part);
    else
      numbers.add_(converted(part, numbers.scalar_type()));
  }
};

}  // namespace ganymede
