#include "kernels/next_different.hpp"

#include <ATen/ATen.h>

namespace ganymede::plain {

at::Tensor next_different_rows(const at::Tensor& rows, const at::Tensor& labels, std::int64_t first,
                               std::int64_t count) {
  const std::int64_t size = rows.size(0);
  const auto differ = [&](const at::Tensor& numbers) {  // bool [count, size]
    return numbers.narrow(0, first, count).unsqueeze(1) != numbers.unsqueeze(0);
  };
  // Rows are alike where their numbers among the distinct rows are.
  at::Tensor different =
      differ(std::get<1>(at::unique_dim(rows, 0, /*sorted=*/true, /*return_inverse=*/true)));
  if (labels.defined()) different = different.logical_and(differ(labels));
  const at::Tensor places = at::arange(size, rows.options());
  const at::Tensor own = places.narrow(0, first, count).unsqueeze(1);
  // How many places behind the next one; size - 1 is the row itself.
  const at::Tensor behind = (places - own - 1).remainder(size).masked_fill(different.logical_not(), size - 1);
  return (own.squeeze(1) + 1 + behind.amin(1)).remainder(size);
}

}  // namespace ganymede::plain
