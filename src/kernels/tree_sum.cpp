#include "kernels/tree_sum.hpp"

#include "base/error.hpp"

namespace ganymede {

void tree_sum_into(const at::Tensor& out, std::span<const at::Tensor> addends) {
  const Form form = form_of("tree_sum_into", out, addends);
  for (const at::Tensor& addend : addends)
    ensure(addend.numel() == out.numel() && addend.is_contiguous(), "addends have the size of the sum");
  GANYMEDE_IN_FORM(form, tree_sum_into, out, addends);
}

}  // namespace ganymede
