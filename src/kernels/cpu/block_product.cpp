#include "kernels/cpu/block_product.hpp"

#include <ATen/native/CPUBlas.h>

#include "kernels/linear_layer.hpp"

namespace ganymede {

void add_block(const RunningSum& sum, const at::Tensor& left, const at::Tensor& right) {
  if (left.scalar_type() != at::kFloat) return add_product(sum, left, right);
  at::native::cpublas::brgemm(left.size(0), right.size(1), left.size(1), left.stride(0), right.stride(0),
                              sum.numbers.stride(0), /*add_C=*/!sum.empty, left.const_data_ptr<float>(),
                              right.const_data_ptr<float>(), sum.numbers.mutable_data_ptr<float>());
}

}  // namespace ganymede
