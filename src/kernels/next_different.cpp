#include "kernels/next_different.hpp"

namespace ganymede {

at::Tensor next_different_rows(const at::Tensor& rows, const at::Tensor& labels, std::int64_t first,
                               std::int64_t count) {
  const Form form = form_of("next_different_rows", rows, labels);
  return GANYMEDE_IN_FORM(form, next_different_rows, rows, labels, first, count);
}

}  // namespace ganymede
