// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "kernels/plane_normalization.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <cmath>
#include <cstring>

#include "base/vectorised.hpp"
#include "kernels/cpu/lanes.hpp"

namespace ganymede::cpu {
namespace {

template <typename T>
T sum_of(const typename Lanes<T>::Vector& lanes) {
  T sum = 0;
  for (int lane = 0; lane < Lanes<T>::kCount; ++lane) sum += lanes[lane];
  return sum;
}

// statistics: the plane's mean, and 1 / its deviation.
template <typename T>
[[gnu::always_inline]] inline void normalize(T* to, const T* from, std::int64_t pixels, T slope,
                                             T* statistics) {
  using L = Lanes<T>;
  const std::int64_t whole = pixels / L::kCount * L::kCount;
  typename L::Vector sums{}, squares{};
  for (std::int64_t i = 0; i < whole; i += L::kCount) sums += L::load(from + i);
  T sum = sum_of<T>(sums);
  for (std::int64_t i = whole; i < pixels; ++i) sum += from[i];
  const T mean = sum / static_cast<T>(pixels);
  for (std::int64_t i = 0; i < whole; i += L::kCount) {
    const typename L::Vector distance = L::load(from + i) - mean;
    squares += distance * distance;
  }
  T square = sum_of<T>(squares);
  for (std::int64_t i = whole; i < pixels; ++i) square += (from[i] - mean) * (from[i] - mean);
  const T scale = 1 / std::sqrt(square / static_cast<T>(pixels) + static_cast<T>(kPlaneEpsilon));
  for (std::int64_t i = 0; i < whole; i += L::kCount) {
    const typename L::Vector normal = (L::load(from + i) - mean) * scale,
                             result = activated(normal, normal, slope);
    std::memcpy(to + i, &result, sizeof result);
  }
  for (std::int64_t i = whole; i < pixels; ++i) {
    const T normal = (from[i] - mean) * scale;
    to[i] = activated(normal, normal, slope);
  }
  statistics[0] = mean;
  statistics[1] = scale;
}

// d loss / d input = scale (g - mean(g) - normal mean(g normal)), with g before the activation.
template <typename T>
[[gnu::always_inline]] inline void normalize_backward(T* to, const T* gradient, const T* from,
                                                      std::int64_t pixels, T slope, const T* statistics) {
  using L = Lanes<T>;
  const std::int64_t whole = pixels / L::kCount * L::kCount;
  const T mean = statistics[0], scale = statistics[1];
  typename L::Vector sums{}, products{};
  for (std::int64_t i = 0; i < whole; i += L::kCount) {
    const typename L::Vector normal = (L::load(from + i) - mean) * scale,
                             before = activated(L::load(gradient + i), normal, slope);
    sums += before;
    products += before * normal;
  }
  T sum = sum_of<T>(sums), product = sum_of<T>(products);
  for (std::int64_t i = whole; i < pixels; ++i) {
    const T normal = (from[i] - mean) * scale, before = activated(gradient[i], normal, slope);
    sum += before;
    product += before * normal;
  }
  sum /= static_cast<T>(pixels);
  product /= static_cast<T>(pixels);
  for (std::int64_t i = 0; i < whole; i += L::kCount) {
    const typename L::Vector normal = (L::load(from + i) - mean) * scale,
                             before = activated(L::load(gradient + i), normal, slope),
                             result = (before - sum - normal * product) * scale;
    std::memcpy(to + i, &result, sizeof result);
  }
  for (std::int64_t i = whole; i < pixels; ++i) {
    const T normal = (from[i] - mean) * scale;
    to[i] = (activated(gradient[i], normal, slope) - sum - normal * product) * scale;
  }
}

#define GANYMEDE_NORMALIZE_PLANE(T)                                                                      \
  GANYMEDE_VECTORISED void normalize_plane(T* to, const T* from, std::int64_t pixels, T slope,           \
                                           T* statistics) {                                              \
    normalize(to, from, pixels, slope, statistics);                                                      \
  }                                                                                                      \
  GANYMEDE_VECTORISED void normalize_plane_backward(T* to, const T* gradient, const T* from,             \
                                                    std::int64_t pixels, T slope, const T* statistics) { \
    normalize_backward(to, gradient, from, pixels, slope, statistics);                                   \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_NORMALIZE_PLANE)

// work(plane) for each of rows x channels, in several threads where it pays.
template <typename Work>
void for_each_plane(const at::Tensor& images, const Work& work) {
  constexpr std::int64_t kPixelsAThread = 16384;
  const std::int64_t pixels = images.size(2) * images.size(3);
  at::parallel_for(0, images.size(0) * images.size(1), std::max<std::int64_t>(1, kPixelsAThread / pixels),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t plane = begin; plane < end; ++plane) work(plane);
                   });
}

}  // namespace

NormalizedPlanes normalize_planes(const at::Tensor& images, double slope_below_zero) {
  const std::int64_t pixels = images.size(2) * images.size(3);
  NormalizedPlanes result{.output = at::empty_like(images),
                          .statistics = at::empty({images.size(0) * images.size(1), 2}, images.options())};
  AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "normalize_planes", [&] {
    const auto* from = images.const_data_ptr<scalar_t>();
    auto* to = result.output.mutable_data_ptr<scalar_t>();
    auto* statistics = result.statistics.mutable_data_ptr<scalar_t>();
    for_each_plane(images, [&](std::int64_t plane) {
      normalize_plane(to + plane * pixels, from + plane * pixels, pixels,
                      static_cast<scalar_t>(slope_below_zero), statistics + 2 * plane);
    });
  });
  return result;
}

at::Tensor normalize_planes_backward(const at::Tensor& gradient, const at::Tensor& images,
                                     const at::Tensor& statistics, double slope_below_zero) {
  const std::int64_t pixels = images.size(2) * images.size(3);
  at::Tensor result = at::empty_like(images);
  AT_DISPATCH_FLOATING_TYPES(images.scalar_type(), "normalize_planes_backward", [&] {
    const auto* from = images.const_data_ptr<scalar_t>();
    const auto* slopes = gradient.const_data_ptr<scalar_t>();
    const auto* of_planes = statistics.const_data_ptr<scalar_t>();
    auto* to = result.mutable_data_ptr<scalar_t>();
    for_each_plane(images, [&](std::int64_t plane) {
      normalize_plane_backward(to + plane * pixels, slopes + plane * pixels, from + plane * pixels, pixels,
                               static_cast<scalar_t>(slope_below_zero), of_planes + 2 * plane);
    });
  });
  return result;
}

}  // namespace ganymede::cpu
