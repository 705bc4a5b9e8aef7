#include "procedures/cycle/history_pool.hpp"

#include <ATen/ATen.h>

#include <numeric>

namespace ganymede {

HistoryPool::HistoryPool(std::int64_t size, const ImageShape& shape, const at::TensorOptions& compute)
    : size_(size),
      images_(at::zeros({size + 1, shape.channels, shape.height, shape.width}, compute)),
      count_(at::zeros({1}, at::kLong)) {}

at::Tensor HistoryPool::decide(std::int64_t places, const RandomStream& stream) {
  constexpr std::int64_t kWords = 2;  // a place's: whether, and with which
  std::vector<std::uint32_t> words(static_cast<std::size_t>(kWords * places));
  stream.words(words, 0, kWords);

  std::vector<std::int64_t> shown(static_cast<std::size_t>(places)), kept(shown.size(), size_);
  std::vector<std::int64_t> holds(static_cast<std::size_t>(size_));  // [place in the pool], as `shown` counts
  std::iota(holds.begin(), holds.end(), 0);
  auto& count = *count_.mutable_data_ptr<std::int64_t>();
  for (std::size_t place = 0; place < shown.size(); ++place) {
    const std::int64_t mine = size_ + static_cast<std::int64_t>(place);
    shown[place] = mine;
    if (count < size_) {
      holds[static_cast<std::size_t>(count++)] = mine;
      continue;
    }
    if (size_ == 0 || below(2, words[kWords * place]) == 0) continue;
    std::swap(shown[place], holds[below(static_cast<std::uint64_t>(size_), words[kWords * place + 1])]);
  }
  for (std::size_t in_pool = 0; in_pool < holds.size(); ++in_pool)
    if (holds[in_pool] >= size_)
      kept[static_cast<std::size_t>(holds[in_pool] - size_)] = static_cast<std::int64_t>(in_pool);
  return at::stack({at::tensor(shown, at::kLong), at::tensor(kept, at::kLong)});
}

at::Tensor HistoryPool::exchange(const at::Tensor& images, const at::Tensor& decided) {
  const at::Tensor shown = decided[0];
  const at::Tensor old = images_.index_select(0, shown.clamp_max(size_)),
                   recent = images.index_select(0, (shown - size_).clamp_min(0));
  images_.index_copy_(0, decided[1], images);
  return at::where((shown < size_).view({-1, 1, 1, 1}), old, recent);
}

std::vector<NamedTensor> HistoryPool::state(const std::string& name) const {
  if (size_ == 0) return {};
  return {{name + "_images", images_.narrow(0, 0, size_)}, {name + "_count", count_}};
}

}  // namespace ganymede
