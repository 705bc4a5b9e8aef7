// Compiled with -O3 and -ffp-contract=off: vectorised, and the bits do not depend on the processor.
//
// The numbers of a channel lie in planes, one a row of the batch. Where a plane is a single number, channels
// are taken side by side, a block of them at once: a line of a row.
#include "kernels/channel_normalization.hpp"

#include <ATen/Dispatch.h>
#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/vectorised.hpp"
#include "kernels/cpu/lanes.hpp"

namespace ganymede::cpu {
namespace {

constexpr std::int64_t kBlock = 2048;  // channels: long lines are read ahead
using BlockSums = std::array<double, kBlock>;

// Of one channel.
template <typename T>
struct Scale {
  T factor, addend, slope;

  [[gnu::always_inline]] T output(T input) const {
    const T value = input * factor + addend;
    return activated(value, value, slope);
  }
  template <typename V>
  [[gnu::always_inline]] V before_activation(V gradient, V input) const {
    return activated(gradient, input * factor + addend, slope);
  }
  [[gnu::always_inline]] T at_input(T gradient, T input, T input_slope, T offset) const {
    return before_activation(gradient, input) * factor - (input * input_slope + offset);
  }
};

// Of all channels.
template <typename T>
struct Scales {
  explicit Scales(const ChannelScale& scale)
      : factors(scale.factor.const_data_ptr<T>()),
        addends(scale.addend.const_data_ptr<T>()),
        slope(static_cast<T>(scale.slope_below_zero)) {}
  [[gnu::always_inline]] Scale<T> operator[](std::int64_t channel) const {
    return {factors[channel], addends[channel], slope};
  }
  Scales from(std::int64_t channel) const {
    Scales part = *this;
    part.factors += channel;
    part.addends += channel;
    return part;
  }

  const T *factors, *addends;
  T slope;
};

// The terms(i, load) summed over a plane, each in lanes, whose sum and the rest's is a double.
template <int kSums, typename T, typename Terms>
[[gnu::always_inline]] inline std::array<double, kSums> sums_over(std::int64_t pixels, const Terms& terms) {
  using L = Lanes<T>;
  typename L::Vector lanes[kSums]{};
  std::int64_t i = 0;
  for (; i + L::kCount <= pixels; i += L::kCount) {
    const auto of_lanes = terms(i, [](const T* from) { return L::load(from); });
    for (int sum = 0; sum < kSums; ++sum) lanes[sum] += of_lanes[sum];
  }
  std::array<double, kSums> sums{};
  for (int sum = 0; sum < kSums; ++sum)
    for (int lane = 0; lane < L::kCount; ++lane) sums[sum] += lanes[sum][lane];
  for (; i < pixels; ++i) {
    const auto of_one = terms(i, [](const T* from) { return *from; });
    for (int sum = 0; sum < kSums; ++sum) sums[sum] += of_one[sum];
  }
  return sums;
}

#define GANYMEDE_CHANNELS(T)                                                                                \
  GANYMEDE_VECTORISED double sum_of(const T* input, std::int64_t pixels) {                                  \
    return sums_over<1, T>(pixels,                                                                          \
                           [&](std::int64_t i, auto load) { return std::array{load(input + i)}; })[0];      \
  }                                                                                                         \
  GANYMEDE_VECTORISED double squares_of(const T* input, std::int64_t pixels, T mean) {                      \
    return sums_over<1, T>(pixels, [&](std::int64_t i, auto load) {                                         \
      const auto distance = load(input + i) - mean;                                                         \
      return std::array{distance * distance};                                                               \
    })[0];                                                                                                  \
  }                                                                                                         \
  GANYMEDE_VECTORISED std::array<double, 2> gradient_sums(const T* gradient, const T* input,                \
                                                          std::int64_t pixels, Scale<T> scale, T mean) {    \
    return sums_over<2, T>(pixels, [&](std::int64_t i, auto load) {                                         \
      const auto before = scale.before_activation(load(gradient + i), load(input + i));                     \
      return std::array{before, before * (load(input + i) - mean)};                                         \
    });                                                                                                     \
  }                                                                                                         \
  GANYMEDE_VECTORISED void scale_plane(const T* input, std::int64_t pixels, Scale<T> scale, T* to) {        \
    for (std::int64_t i = 0; i < pixels; ++i) to[i] = scale.output(input[i]);                               \
  }                                                                                                         \
  GANYMEDE_VECTORISED void scale_plane_backward(const T* gradient, const T* input, std::int64_t pixels,     \
                                                Scale<T> scale, T slope, T offset, T* to) {                 \
    for (std::int64_t i = 0; i < pixels; ++i) to[i] = scale.at_input(gradient[i], input[i], slope, offset); \
  }                                                                                                         \
  GANYMEDE_VECTORISED void add_line(const T* input, std::int64_t channels, BlockSums& sums) {               \
    for (std::int64_t i = 0; i < channels; ++i) sums[i] += input[i];                                        \
  }                                                                                                         \
  GANYMEDE_VECTORISED void add_squares(const T* input, std::int64_t channels, const T* means,               \
                                       BlockSums& sums) {                                                   \
    for (std::int64_t i = 0; i < channels; ++i) sums[i] += (input[i] - means[i]) * (input[i] - means[i]);   \
  }                                                                                                         \
  GANYMEDE_VECTORISED void add_gradients(const T* gradient, const T* input, std::int64_t channels,          \
                                         const Scales<T>& scales, const T* means, BlockSums& sums,          \
                                         BlockSums& products) {                                             \
    for (std::int64_t i = 0; i < channels; ++i) {                                                           \
      const T before = scales[i].before_activation(gradient[i], input[i]);                                  \
      sums[i] += before;                                                                                    \
      products[i] += before * (input[i] - means[i]);                                                        \
    }                                                                                                       \
  }                                                                                                         \
  GANYMEDE_VECTORISED void scale_line(const T* input, std::int64_t channels, const Scales<T>& scales,       \
                                      T* to) {                                                              \
    for (std::int64_t i = 0; i < channels; ++i) to[i] = scales[i].output(input[i]);                         \
  }                                                                                                         \
  GANYMEDE_VECTORISED void scale_line_backward(const T* gradient, const T* input, std::int64_t channels,    \
                                               const Scales<T>& scales, const T* slopes, const T* offsets,  \
                                               T* to) {                                                     \
    for (std::int64_t i = 0; i < channels; ++i)                                                             \
      to[i] = scales[i].at_input(gradient[i], input[i], slopes[i], offsets[i]);                             \
  }
GANYMEDE_FOR_FLOAT_AND_DOUBLE(GANYMEDE_CHANNELS)

struct Shape {
  explicit Shape(const at::Tensor& input)
      : rows(input.size(0)), channels(input.size(1)), pixels(input.numel() / (rows * channels)) {}

  bool in_planes() const { return pixels > 1; }
  double count() const { return static_cast<double>(rows * pixels); }
  // Of a channel's plane, or of a block's line.
  std::int64_t place(std::int64_t row, std::int64_t channel) const {
    return (row * channels + channel) * pixels;
  }

  const std::int64_t rows, channels, pixels;
};

// work(first channel, end) for parts of the channels, in several threads where it pays.
template <typename Work>
void for_each_part(const Shape& shape, const Work& work) {
  constexpr std::int64_t kNumbersAThread = 16384;
  at::parallel_for(0, shape.channels,
                   std::max<std::int64_t>(1, kNumbersAThread / (shape.rows * shape.pixels)), work);
}

// work(channel, place) for the planes of a part of the channels, as they lie in memory.
template <typename Work>
void for_each_plane(const Shape& shape, std::int64_t first, std::int64_t end, const Work& work) {
  for (std::int64_t row = 0; row < shape.rows; ++row)
    for (std::int64_t channel = first; channel < end; ++channel) work(channel, shape.place(row, channel));
}
template <typename Work>
void for_each_plane(const Shape& shape, const Work& work) {
  for_each_part(shape,
                [&](std::int64_t first, std::int64_t end) { for_each_plane(shape, first, end, work); });
}

// work(first channel, count) for each block.
template <typename Work>
void for_each_block(const Shape& shape, const Work& work) {
  at::parallel_for(0, (shape.channels + kBlock - 1) / kBlock, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t first = begin * kBlock; first < std::min(end * kBlock, shape.channels); first += kBlock)
      work(first, std::min(kBlock, shape.channels - first));
  });
}

// work(place) for a block's lines.
template <typename Work>
void for_each_line(const Shape& shape, std::int64_t first, const Work& work) {
  for (std::int64_t row = 0; row < shape.rows; ++row) work(shape.place(row, first));
}

template <typename T>
void moments_of(const T* input, const Shape& shape, T* mean, T* variance) {
  if (shape.in_planes())
    for_each_part(shape, [&](std::int64_t first, std::int64_t end) {
      std::vector<double> sums(static_cast<std::size_t>(shape.channels)), squares = sums;
      for_each_plane(shape, first, end, [&](std::int64_t channel, std::int64_t place) {
        sums[channel] += sum_of(input + place, shape.pixels);
      });
      for (std::int64_t channel = first; channel < end; ++channel)
        mean[channel] = static_cast<T>(sums[channel] / shape.count());
      for_each_plane(shape, first, end, [&](std::int64_t channel, std::int64_t place) {
        squares[channel] += squares_of(input + place, shape.pixels, mean[channel]);
      });
      for (std::int64_t channel = first; channel < end; ++channel)
        variance[channel] = static_cast<T>(squares[channel] / shape.count());
    });
  else
    for_each_block(shape, [&](std::int64_t first, std::int64_t count) {
      BlockSums sums{}, squares{};
      for_each_line(shape, first, [&](std::int64_t place) { add_line(input + place, count, sums); });
      for (std::int64_t i = 0; i < count; ++i) mean[first + i] = static_cast<T>(sums[i] / shape.count());
      for_each_line(shape, first,
                    [&](std::int64_t place) { add_squares(input + place, count, mean + first, squares); });
      for (std::int64_t i = 0; i < count; ++i)
        variance[first + i] = static_cast<T>(squares[i] / shape.count());
    });
}

}  // namespace

ChannelMoments channel_moments(const at::Tensor& input) {
  const Shape shape(input);
  ChannelMoments moments{.mean = at::empty({shape.channels}, input.options()),
                         .variance = at::empty({shape.channels}, input.options())};
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "channel_moments", [&] {
    moments_of(input.const_data_ptr<scalar_t>(), shape, moments.mean.mutable_data_ptr<scalar_t>(),
               moments.variance.mutable_data_ptr<scalar_t>());
  });
  return moments;
}

at::Tensor scale_channels(const at::Tensor& input, const ChannelScale& scale) {
  const Shape shape(input);
  at::Tensor output = at::empty_like(input);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "scale_channels", [&] {
    const auto* from = input.const_data_ptr<scalar_t>();
    auto* to = output.mutable_data_ptr<scalar_t>();
    const Scales<scalar_t> scales(scale);
    if (shape.in_planes())
      for_each_plane(shape, [&](std::int64_t channel, std::int64_t place) {
        scale_plane(from + place, shape.pixels, scales[channel], to + place);
      });
    else
      for_each_block(shape, [&](std::int64_t first, std::int64_t count) {
        for_each_line(shape, first, [&](std::int64_t place) {
          scale_line(from + place, count, scales.from(first), to + place);
        });
      });
  });
  return output;
}

ChannelSums channel_sums(const at::Tensor& gradient, const at::Tensor& input, const at::Tensor& mean,
                         const ChannelScale& scale) {
  const Shape shape(input);
  ChannelSums result{.gradient = at::empty_like(mean), .product = at::empty_like(mean)};
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "channel_sums", [&] {
    const auto* from = input.const_data_ptr<scalar_t>();
    const auto* gradients = gradient.const_data_ptr<scalar_t>();
    const auto* means = mean.const_data_ptr<scalar_t>();
    auto* of_gradient = result.gradient.mutable_data_ptr<scalar_t>();
    auto* of_product = result.product.mutable_data_ptr<scalar_t>();
    const Scales<scalar_t> scales(scale);
    if (shape.in_planes())
      for_each_part(shape, [&](std::int64_t first, std::int64_t end) {
        std::vector<std::array<double, 2>> sums(static_cast<std::size_t>(shape.channels));
        for_each_plane(shape, first, end, [&](std::int64_t channel, std::int64_t place) {
          const auto of_plane =
              gradient_sums(gradients + place, from + place, shape.pixels, scales[channel], means[channel]);
          for (int i = 0; i < 2; ++i) sums[channel][i] += of_plane[i];
        });
        for (std::int64_t channel = first; channel < end; ++channel) {
          of_gradient[channel] = static_cast<scalar_t>(sums[channel][0]);
          of_product[channel] = static_cast<scalar_t>(sums[channel][1]);
        }
      });
    else
      for_each_block(shape, [&](std::int64_t first, std::int64_t count) {
        BlockSums sums{}, products{};
        for_each_line(shape, first, [&](std::int64_t place) {
          add_gradients(gradients + place, from + place, count, scales.from(first), means + first, sums,
                        products);
        });
        for (std::int64_t i = 0; i < count; ++i) {
          of_gradient[first + i] = static_cast<scalar_t>(sums[i]);
          of_product[first + i] = static_cast<scalar_t>(products[i]);
        }
      });
  });
  return result;
}

at::Tensor scale_channels_backward(const at::Tensor& gradient, const at::Tensor& input,
                                   const ChannelScale& scale, const at::Tensor& slope,
                                   const at::Tensor& offset) {
  const Shape shape(input);
  at::Tensor result = at::empty_like(input);
  AT_DISPATCH_FLOATING_TYPES(input.scalar_type(), "scale_channels_backward", [&] {
    const auto* from = input.const_data_ptr<scalar_t>();
    const auto* gradients = gradient.const_data_ptr<scalar_t>();
    const auto* slopes = slope.const_data_ptr<scalar_t>();
    const auto* offsets = offset.const_data_ptr<scalar_t>();
    auto* to = result.mutable_data_ptr<scalar_t>();
    const Scales<scalar_t> scales(scale);
    if (shape.in_planes())
      for_each_plane(shape, [&](std::int64_t channel, std::int64_t place) {
        scale_plane_backward(gradients + place, from + place, shape.pixels, scales[channel], slopes[channel],
                             offsets[channel], to + place);
      });
    else
      for_each_block(shape, [&](std::int64_t first, std::int64_t count) {
        for_each_line(shape, first, [&](std::int64_t place) {
          scale_line_backward(gradients + place, from + place, count, scales.from(first), slopes + first,
                              offsets + first, to + place);
        });
      });
  });
  return result;
}

}  // namespace ganymede::cpu
