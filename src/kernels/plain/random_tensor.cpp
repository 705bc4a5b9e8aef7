// The arithmetic of base/random_numbers.hpp, operation by operation: words as int64 below 2^32.
#include "kernels/random_tensor.hpp"

#include "base/random_numbers.hpp"

namespace ganymede::plain {
namespace {

at::Tensor low_word(const at::Tensor& product) {
  return product.bitwise_and(0xFFFFFFFFLL);
}
at::Tensor high_word(const at::Tensor& product) {
  return low_word(product.bitwise_right_shift(32));
}

// [places, words], of whole blocks of 4.
at::Tensor words_of(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                    const at::Device& device) {
  const at::TensorOptions integers = at::TensorOptions(at::kLong).device(device);
  const std::int64_t places = shape[0], blocks = (c10::multiply_integers(shape.slice(1)) + 3) / 4;
  at::Tensor c0 = at::arange(blocks, integers).expand({places, blocks});
  at::Tensor c1 =
      at::arange(first_place, first_place + places, integers).unsqueeze(1).expand({places, blocks});
  const auto number = [&](std::uint64_t of_host, std::int64_t place) {
    return stream.on_device.defined() ? stream.on_device[place]
                                      : at::full({}, static_cast<std::int64_t>(of_host), integers);
  };
  const at::Tensor seed = number(stream.seed(), 0);
  at::Tensor c2 = number(stream.step(), 1).expand({places, blocks});
  at::Tensor c3 = at::full({places, blocks}, static_cast<std::int64_t>(stream.stream()), integers);
  at::Tensor key0 = low_word(seed), key1 = high_word(seed);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const at::Tensor product0 = c0 * static_cast<std::int64_t>(kPhiloxFactor0);
    const at::Tensor product1 = c2 * static_cast<std::int64_t>(kPhiloxFactor1);
    c0 = high_word(product1).bitwise_xor_(c1).bitwise_xor_(key0);
    c1 = low_word(product1);
    c2 = high_word(product0).bitwise_xor_(c3).bitwise_xor_(key1);
    c3 = low_word(product0);
    key0 = low_word(key0 + static_cast<std::int64_t>(kPhiloxStep0));
    key1 = low_word(key1 + static_cast<std::int64_t>(kPhiloxStep1));
  }
  return at::stack({c0, c1, c2, c3}, -1).flatten(1);
}

// [places, at least as many numbers] -> shape
at::Tensor shaped(const at::Tensor& numbers, at::IntArrayRef shape) {
  return numbers.narrow(1, 0, c10::multiply_integers(shape.slice(1))).reshape(shape).contiguous();
}

at::Tensor log_of(const at::Tensor& x) {
  const at::Tensor bits = x.view(at::kLong);
  const at::Tensor m =
      bits.bitwise_and(0x000FFFFFFFFFFFFFLL).bitwise_or_(0x3FF0000000000000LL).view(at::kDouble);
  const at::Tensor halved = m > 4.0 / 3.0;
  const at::Tensor mantissa = at::where(halved, m * 0.5, m);
  const at::Tensor exponent = (bits.bitwise_right_shift(52) - 1023 + halved).to(at::kDouble);
  const at::Tensor s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  at::Tensor sum = at::zeros_like(s);
  for (int k = 19; k >= 1; k -= 2) sum = (sum * s2).add_(1.0 / k);
  return (2 * s).mul_(sum).add_(exponent * 0.6931471805599453);
}

// cos and sin of 2 pi t, [2, ...]
at::Tensor direction_of(const at::Tensor& t) {
  const at::Tensor quarter = (4 * t + 0.5).to(at::kLong);
  const at::Tensor angle = (4 * t - quarter).mul_(1.5707963267948966);
  const at::Tensor minus_square = -(angle * angle);
  at::Tensor cosine = at::zeros_like(angle), sine = at::zeros_like(angle);
  for (int k = 7; k >= 1; --k) {
    cosine = (cosine + 1).mul_(minus_square / ((2 * k - 1) * (2 * k)));
    sine = (sine + 1).mul_(minus_square / ((2 * k) * (2 * k + 1)));
  }
  cosine = cosine + 1;
  sine = (sine + 1).mul_(angle);
  const at::Tensor odd = quarter.bitwise_and(1).to(at::kBool);
  const at::Tensor x = at::where(odd, sine, cosine), y = at::where(odd, cosine, sine);
  const at::Tensor turns_x = (quarter + 1).bitwise_and_(2).to(at::kBool),
                   turns_y = quarter.bitwise_and(2).to(at::kBool);
  return at::stack({at::where(turns_x, -x, x), at::where(turns_y, -y, y)});
}

}  // namespace

at::Tensor standard_normal(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                           const at::Device& device) {
  const at::Tensor pairs =
      words_of(stream, first_place, shape, device).unflatten(1, {-1, 2}).to(at::kDouble).mul_(0x1p-32);
  const at::Tensor radius = log_of(pairs.select(2, 0) + 0x1p-33).mul_(-2).sqrt_();
  const at::Tensor numbers = (direction_of(pairs.select(2, 1)) * radius).permute({1, 2, 0}).flatten(1);
  return shaped(numbers.to(at::kFloat), shape);
}

at::Tensor standard_uniform(const TensorStream& stream, std::int64_t first_place, at::IntArrayRef shape,
                            const at::Device& device) {
  const at::Tensor words = words_of(stream, first_place, shape, device);
  return shaped(words.bitwise_right_shift(8).to(at::kFloat).mul_(0x1p-24), shape);
}

void draw_dropout_mask_(const at::Tensor& mask, const TensorStream& stream, std::int64_t first_place,
                        double probability) {
  const at::Tensor uniform = plain::standard_uniform(stream, first_place, mask.sizes(), mask.device());
  mask.copy_(uniform >= static_cast<float>(probability)).mul_(1.0 / (1.0 - probability));
}

}  // namespace ganymede::plain
