#include "optimization/gradient_averager.hpp"

#include "base/error.hpp"

namespace ganymede {

GradientAverager::GradientAverager(ParameterArena& arena, Communicator& communicator,
                                   GradientAveragerOptions options)
    : arena_(arena), communicator_(communicator) {
  const at::Tensor& gradients = arena.gradients();
  const auto item_bytes = static_cast<std::int64_t>(gradients.element_size());
  ensure(options.bucket_bytes >= item_bytes, "a bucket holds at least one gradient");
  for (const at::Tensor& bucket : gradients.split(options.bucket_bytes / item_bytes))
    buckets_.push_back(bucket);
}

GradientAverager::Pending GradientAverager::begin() {
  arena_.zero_gradients();
  return Pending(*this);
}

void GradientAverager::Pending::finish() {
  averager_.arena_.check_views();
  for (const at::Tensor& bucket : averager_.buckets_) averager_.communicator_.all_reduce_sum_(bucket);
}

}  // namespace ganymede
