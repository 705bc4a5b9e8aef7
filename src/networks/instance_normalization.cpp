// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
#include "networks/instance_normalization.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

#include "base/error.hpp"
#include "base/vectorised.hpp"

namespace ganymede {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr double kInstanceEpsilon = 1e-5;
constexpr int kSumLanes = 16;  // sums go in so many lanes, whatever the processor's vectors are

// statistics: the plane's mean, and 1 / its deviation.
#define GANYMEDE_NORMALIZE_PLANE(T)                                                                     \
  GANYMEDE_VECTORISED void normalize_plane(T* to, const T* from, std::int64_t pixels, T slope,          \
                                           T* statistics) {                                             \
    T lanes[kSumLanes] = {}, sum = 0, squares = 0;                                                      \
    const std::int64_t whole = pixels / kSumLanes * kSumLanes;                                          \
    for (std::int64_t i = 0; i < whole; i += kSumLanes)                                                 \
      for (int lane = 0; lane < kSumLanes; ++lane) lanes[lane] += from[i + lane];                       \
    for (int lane = 0; lane < kSumLanes; ++lane) sum += lanes[lane], lanes[lane] = 0;                   \
    for (std::int64_t i = whole; i < pixels; ++i) sum += from[i];                                       \
    const T mean = sum / static_cast<T>(pixels);                                                        \
    for (std::int64_t i = 0; i < whole; i += kSumLanes)                                                 \
      for (int lane = 0; lane < kSumLanes; ++lane)                                                      \
        lanes[lane] += (from[i + lane] - mean) * (from[i + lane] - mean);                               \
    for (int lane = 0; lane < kSumLanes; ++lane) squares += lanes[lane];                                \
    for (std::int64_t i = whole; i < pixels; ++i) squares += (from[i] - mean) * (from[i] - mean);       \
    const T scale = 1 / std::sqrt(squares / static_cast<T>(pixels) + static_cast<T>(kInstanceEpsilon)); \
    for (std::int64_t i = 0; i < pixels; ++i) {                                                         \
      const T normal = (from[i] - mean) * scale;                                                        \
      to[i] = normal > 0 ? normal : slope * normal;                                                     \
    }                                                                                                   \
    statistics[0] = mean;                                                                               \
    statistics[1] = scale;                                                                              \
  }
// d loss / d input = scale (g - mean(g) - normal mean(g normal)), with g before the activation.
#define GANYMEDE_NORMALIZE_PLANE_BACKWARD(T)                                                               \
  GANYMEDE_VECTORISED void normalize_plane_backward(T* to, const T* gradient, const T* from,               \
                                                    std::int64_t pixels, T slope, const T* statistics) {   \
    const T mean = statistics[0], scale = statistics[1];                                                   \
    T lanes[kSumLanes] = {}, product_lanes[kSumLanes] = {}, sum = 0, product = 0;                          \
    const std::int64_t whole = pixels / kSumLanes * kSumLanes;                                             \
    for (std::int64_t i = 0; i < whole; i += kSumLanes)                                                    \
      for (int lane = 0; lane < kSumLanes; ++lane) {                                                       \
        const T normal = (from[i + lane] - mean) * scale;                                                  \
        const T before = normal > 0 ? gradient[i + lane] : slope * gradient[i + lane];                     \
        lanes[lane] += before;                                                                             \
        product_lanes[lane] += before * normal;                                                            \
      }                                                                                                    \
    for (int lane = 0; lane < kSumLanes; ++lane) sum += lanes[lane], product += product_lanes[lane];       \
    for (std::int64_t i = whole; i < pixels; ++i) {                                                        \
      const T normal = (from[i] - mean) * scale;                                                           \
      const T before = normal > 0 ? gradient[i] : slope * gradient[i];                                     \
      sum += before;                                                                                       \
      product += before * normal;                                                                          \
    }                                                                                                      \
    const T mean_gradient = sum / static_cast<T>(pixels), mean_product = product / static_cast<T>(pixels); \
    for (std::int64_t i = 0; i < pixels; ++i) {                                                            \
      const T normal = (from[i] - mean) * scale;                                                           \
      const T before = normal > 0 ? gradient[i] : slope * gradient[i];                                     \
      to[i] = scale * (before - mean_gradient - normal * mean_product);                                    \
    }                                                                                                      \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_NORMALIZE_PLANE)
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_NORMALIZE_PLANE_BACKWARD)

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

struct NormalizedPlanes {
  at::Tensor output, statistics;  // statistics [rows x channels, 2]
};

NormalizedPlanes forward_of(const at::Tensor& input, double slope) {
  const std::int64_t pixels = input.size(2) * input.size(3);
  NormalizedPlanes result{.output = at::empty_like(input),
                          .statistics = at::empty({input.size(0) * input.size(1), 2}, input.options())};
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "instance_normalization", [&] {
    const auto* from = input.const_data_ptr<scalar_t>();
    auto* to = result.output.mutable_data_ptr<scalar_t>();
    auto* statistics = result.statistics.mutable_data_ptr<scalar_t>();
    for_each_plane(input, [&](std::int64_t plane) {
      normalize_plane(to + plane * pixels, from + plane * pixels, pixels, static_cast<scalar_t>(slope),
                      statistics + 2 * plane);
    });
  });
  return result;
}

struct InstanceNormalization : torch::autograd::Function<InstanceNormalization> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, double slope) {
    const at::Tensor images = input.contiguous();
    const NormalizedPlanes normalized = forward_of(images, slope);
    context->saved_data["slope"] = slope;
    context->save_for_backward({images, normalized.statistics});
    return normalized.output;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    ensure(!at::GradMode::is_enabled(), "instance normalisation is differentiated once");
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &input = saved[0], gradient = gradients[0].contiguous();
    const double slope = context->saved_data["slope"].toDouble();
    const std::int64_t pixels = input.size(2) * input.size(3);
    at::Tensor result = at::empty_like(input);
    AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "instance_normalization_backward", [&] {
      const auto* from = input.const_data_ptr<scalar_t>();
      const auto* slopes = gradient.const_data_ptr<scalar_t>();
      const auto* statistics = saved[1].const_data_ptr<scalar_t>();
      auto* to = result.mutable_data_ptr<scalar_t>();
      for_each_plane(input, [&](std::int64_t plane) {
        normalize_plane_backward(to + plane * pixels, slopes + plane * pixels, from + plane * pixels, pixels,
                                 static_cast<scalar_t>(slope), statistics + 2 * plane);
      });
    });
    return {result, at::Tensor()};
  }
};

}  // namespace

at::Tensor instance_normalization(const at::Tensor& input, double slope_below_zero) {
  if (!at::GradMode::is_enabled()) return forward_of(input.contiguous(), slope_below_zero).output;
  return InstanceNormalization::apply(input, slope_below_zero);
}

}  // namespace ganymede
