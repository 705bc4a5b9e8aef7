// The two domains of images that a cycle goes through: a, the first source, and b.
#pragma once

#include <ATen/ATen.h>

#include <array>

#include "base/image_shape.hpp"
#include "base/luminance.hpp"

namespace ganymede {

inline constexpr std::array<std::size_t, 2> kDomains{0, 1};
template <typename Thing>
using OfDomains = std::array<Thing, 2>;  // [domain]; of a generator, which translates from it

inline constexpr OfDomains<const char*> kDirections{"a-to-b", "b-to-a"};

constexpr std::size_t other_domain(std::size_t domain) {
  return 1 - domain;
}

// Grey images as colours and colours as grey ones, [rows, channels, ...]: what a copy without translation is.
inline at::Tensor with_channels(const at::Tensor& images, std::int64_t channels) {
  if (images.size(1) == channels) return images;
  if (channels == 3) return images.expand({-1, 3, -1, -1});
  const at::Tensor weights = at::tensor(at::ArrayRef<double>(kLuminance), images.options());
  return (images * weights.view({1, 3, 1, 1})).sum(1, /*keepdim=*/true);
}

}  // namespace ganymede
