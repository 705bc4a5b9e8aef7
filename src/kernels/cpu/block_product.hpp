// Products of matrices that are small enough to stay in a processor's nearest memory.
#pragma once

#include "kernels/running_sum.hpp"

namespace ganymede {

// sum [rows, columns] += left [rows, terms] x right [terms, columns], all three of one dtype with the numbers
// of a row next to each other, at any distance between rows. In float32 by the library's kernel for blocks:
// it copies no factors, as that for matrices of any size does.
void add_block(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right);

}  // namespace ganymede
