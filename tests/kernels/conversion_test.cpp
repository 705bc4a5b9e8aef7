#include "kernels/conversion.hpp"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

namespace ganymede {
namespace {

void expect_same(const at::Tensor& found, const at::Tensor& expected) {
  ASSERT_EQ(found.scalar_type(), expected.scalar_type());
  EXPECT_TRUE(at::equal(found.isnan(), expected.isnan()));
  EXPECT_TRUE(at::equal(found.nan_to_num(0), expected.nan_to_num(0)));
}

// Every upper half, with the lower halves at which rounding changes its mind.
TEST(Conversion, RoundsEveryNumberAsATenDoes) {
  const at::Tensor upper = at::arange(1 << 16, at::kLong).bitwise_left_shift(16);
  for (const std::int64_t lower : {0x0000, 0x0001, 0x7fff, 0x8000, 0x8001, 0xffff}) {
    const at::Tensor numbers = (upper + lower).to(at::kInt).view(at::kFloat);
    const at::Tensor rounded = converted(numbers, at::kBFloat16);
    expect_same(rounded, numbers.to(at::kBFloat16));
    expect_same(converted(rounded, at::kFloat), rounded.to(at::kFloat));
  }
}

TEST(Conversion, TakesAnyLayoutAndDtype) {
  const at::Tensor numbers = at::randn({5, 7, 3});
  for (const at::Tensor& part : {numbers.transpose(0, 2), numbers.slice(1, 0, 7, 2), numbers.narrow(0, 0, 0)})
    for (const at::ScalarType dtype : {at::kBFloat16, at::kDouble, at::kFloat}) {
      expect_same(converted(part, dtype), part.to(dtype));
      const at::Tensor target = at::zeros(part.sizes(), dtype);
      convert_into(target, part);
      expect_same(target, part.to(dtype));
    }
}

// Turned on the way: full blocks and rests, images of one channel and of one pixel, and none.
TEST(Conversion, TurnsImages) {
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{3, 64, 7, 7},
                                                                  {2, 17, 5, 3},
                                                                  {4, 1, 6, 6},
                                                                  {5, 33, 1, 1},
                                                                  {1, 16, 4, 4},
                                                                  {0, 8, 2, 2},
                                                                  {2, 0, 3, 3}}) {
    const at::Tensor images = at::randn(shape), halves = images.to(at::kBFloat16);
    at::Tensor turned =
        at::empty(shape, images.options().dtype(at::kBFloat16).memory_format(at::MemoryFormat::ChannelsLast));
    convert_into(turned, images);
    expect_same(turned, halves);
    at::Tensor back = at::empty(shape);
    convert_into(back, turned);
    expect_same(back, halves.to(at::kFloat));
  }
}

TEST(Conversion, IsDifferentiatedTwice) {
  const auto gradients = [](const auto& convert) {
    const at::Tensor x = at::linspace(-2, 2, 64).requires_grad_();
    const at::Tensor y = convert(convert(x, at::kBFloat16).square(), at::kFloat).sum();
    const at::Tensor first = torch::autograd::grad({y}, {x}, {}, true, true)[0];
    return at::stack({first, torch::autograd::grad({first.square().sum()}, {x})[0]});
  };
  expect_same(gradients([](const at::Tensor& t, at::ScalarType dtype) { return converted(t, dtype); }),
              gradients([](const at::Tensor& t, at::ScalarType dtype) { return t.to(dtype); }));
}

}  // namespace
}  // namespace ganymede
