#include "data/loading/tensor_pool.hpp"

#include <ATen/ops/empty.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <atomic>

namespace ganymede {

at::Tensor TensorPool::take(at::IntArrayRef sizes) {
  const std::int64_t elements = c10::multiply_integers(sizes);
  const std::size_t bytes = static_cast<std::size_t>(elements) * options_.dtype().itemsize();
  auto free = std::find_if(memory_.begin(), memory_.end(),
                           [](const at::Storage& storage) { return storage.use_count() == 1; });
  // use_count() orders nothing: what its last user read shall be read before this one writes.
  std::atomic_thread_fence(std::memory_order_acquire);
#ifdef GANYMEDE_SANITIZER_thread  // sees neither the fence nor that LibTorch lets go of memory
  memory_.clear();
  free = memory_.end();
#endif
  if (free == memory_.end()) free = memory_.emplace(free);
  if (!*free || free->nbytes() < bytes) *free = at::empty({elements}, options_).storage();
  // Not a view of a tensor that the pool keeps: nothing that autograd notes on it outlives it.
  return at::empty({0}, options_.dtype()).set_(*free, 0, sizes);
}

}  // namespace ganymede
