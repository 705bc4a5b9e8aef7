#include "procedures/cycle/history_pool.hpp"

#include <ATen/ATen.h>

namespace ganymede {

HistoryPool::HistoryPool(std::int64_t size, const ImageShape& shape, const at::TensorOptions& compute)
    : images_(at::zeros({size, shape.channels, shape.height, shape.width}, compute)),
      count_(at::zeros({1}, at::kLong)) {}

at::Tensor HistoryPool::exchange(const at::Tensor& images, const RandomStream& stream) {
  const std::int64_t places = images.size(0), size = images_.size(0);
  if (size == 0) return images;
  constexpr std::int64_t kWords = 2;  // a place's: whether, and with which
  std::vector<std::uint32_t> words(static_cast<std::size_t>(kWords * places));
  stream.words(words, 0, kWords);

  at::Tensor returned = images.clone();
  auto& count = *count_.mutable_data_ptr<std::int64_t>();
  for (std::int64_t place = 0; place < places; ++place) {
    if (count < size) {
      images_[count++].copy_(images[place]);
      continue;
    }
    const std::uint32_t* drawn = &words[static_cast<std::size_t>(kWords * place)];
    if (below(2, drawn[0]) == 0) continue;
    const at::Tensor old =
        images_[static_cast<std::int64_t>(below(static_cast<std::uint64_t>(size), drawn[1]))];
    returned[place].copy_(old);
    old.copy_(images[place]);
  }
  return returned;
}

std::vector<NamedTensor> HistoryPool::state(const std::string& name) const {
  if (images_.size(0) == 0) return {};
  return {{name + "_images", images_}, {name + "_count", count_}};
}

}  // namespace ganymede
