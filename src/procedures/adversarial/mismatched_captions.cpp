#include "procedures/adversarial/mismatched_captions.hpp"

#include <ATen/ATen.h>

#include "kernels/next_different.hpp"
#include "procedures/gather_rows.hpp"

namespace ganymede {

BatchCaptions gather_captions(const Batch& batch, const at::Tensor& captions, const at::Tensor& labels,
                              std::int64_t together, Communicator& communicator) {
  at::Tensor columns = captions;
  if (labels.defined()) columns = at::cat({captions, labels.unsqueeze(1)}, 1);
  const at::Tensor all = gather_rows(columns, batch.global_batch_size, communicator, together);
  const std::int64_t longest = captions.size(1);
  return {.captions = all.narrow(1, 0, longest).contiguous(),
          .labels = labels.defined() ? all.select(1, longest).contiguous() : at::Tensor()};
}

MismatchedCaptions mismatched_captions(const BatchCaptions& batch, PlaceRange places) {
  const at::Tensor others = next_different_rows(batch.captions, batch.labels, places.first, places.count);
  return {.captions = batch.captions.index_select(0, others),
          .found = others != at::arange(places.first, places.first + places.count, others.options())};
}

}  // namespace ganymede
