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

  // Takes the images [places, channels, height, width] of a whole global batch, without gradient, and returns
  // what stands for them, place by place in order: until the pool is full, an image is kept and returned;
  // then, with probability 1/2, it takes the place of one in the pool, which is returned. The stream decides
  // by the place, so that ranks that take the same images keep the same ones.
  at::Tensor exchange(const at::Tensor& images, const RandomStream& stream);

  // "<name>_images" [size, channels, height, width] and "<name>_count" [1], int64, of those that it has;
  // nothing of a pool of size 0. The tensors share its memory.
  std::vector<NamedTensor> state(const std::string& name) const;

 private:
  at::Tensor images_, count_;  // the latter in host memory
};

}  // namespace ganymede
