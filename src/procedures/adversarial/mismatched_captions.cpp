#include "procedures/adversarial/mismatched_captions.hpp"

#include <ATen/ATen.h>

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
  const std::int64_t size = batch.captions.size(0), longest = batch.captions.size(1);
  const auto* tokens = batch.captions.const_data_ptr<std::int64_t>();
  const auto* label = batch.labels.defined() ? batch.labels.const_data_ptr<std::int64_t>() : nullptr;
  const auto differ = [&](std::int64_t a, std::int64_t b) {
    if (label != nullptr && label[a] == label[b]) return false;
    return !std::equal(tokens + a * longest, tokens + (a + 1) * longest, tokens + b * longest);
  };
  std::vector<std::int64_t> of(static_cast<std::size_t>(places.count));
  MismatchedCaptions mismatched{.captions = {}, .found = at::zeros({places.count}, at::kBool)};
  for (std::int64_t row = 0; row < places.count; ++row) {
    const std::int64_t place = places.first + row;
    std::int64_t other = (place + 1) % size;
    while (other != place && !differ(place, other)) other = (other + 1) % size;
    of[static_cast<std::size_t>(row)] = other;
    mismatched.found.mutable_data_ptr<bool>()[row] = other != place;
  }
  mismatched.captions = batch.captions.index_select(0, at::tensor(of, at::kLong));
  return mismatched;
}

}  // namespace ganymede
