#include "kernels/sums_of_squares.hpp"

namespace ganymede {

void sums_of_squares(const at::Tensor& numbers, std::int64_t block, const at::Tensor& sums) {
  GANYMEDE_IN_FORM(form_of("sums_of_squares", numbers, sums), sums_of_squares, numbers, block, sums);
}

at::Tensor sum_in_order(const at::Tensor& numbers) {
  return GANYMEDE_IN_FORM(form_of("sum_in_order", numbers), sum_in_order, numbers);
}

}  // namespace ganymede
