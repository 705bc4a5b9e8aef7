// Generated images of earlier steps, from which a discriminator is shown some in place of new ones, so that
// it does not forget what the generator made before (Shrivastava et al. 2017, section 2.3).
#pragma once

#include <string>
#include <vector>

#include "base/image_shape.hpp"
#include "base/random_stream.hpp"
#include "storage/named_tensor.hpp"

namespace ganymede {

class HistoryPool {
 public:
  HistoryPool(std::int64_t size, const ImageShape& shape, const at::TensorOptions& compute);

  // What becomes of the images of a whole global batch, place by place in order: until the pool is full, an
  // image is kept and shown; then, with probability 1/2, it takes the place of one in the pool, which is
  // shown. The stream decides by the place, so that ranks that take the same images keep the same ones. int64
  // [2, places], in host memory: of each place the image shown, by its number in the pool or, behind those,
  // in the batch; and the place in the pool where its own stands afterwards, or behind all where it is not
  // kept.
  at::Tensor decide(std::int64_t places, const RandomStream& stream);

  // Takes the images [places, channels, height, width], without gradient, and returns those shown in place of
  // them, as was decided; where the images are.
  at::Tensor exchange(const at::Tensor& images, const at::Tensor& decided);

  // "<name>_images" [size, channels, height, width] and "<name>_count" [1], int64, of those that it has;
  // nothing of a pool of size 0. The tensors share its memory.
  std::vector<NamedTensor> state(const std::string& name) const;

 private:
  const std::int64_t size_;
  at::Tensor images_;  // one more than its size, of which nobody asks what it holds
  at::Tensor count_;   // in host memory
};

}  // namespace ganymede
