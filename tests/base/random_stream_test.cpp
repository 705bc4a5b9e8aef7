#include "base/random_stream.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <vector>

#include "kernels/random_tensor.hpp"

namespace ganymede {
namespace {

enum class TestNetwork : std::uint8_t { second = 2 };
enum class TestPass : std::uint8_t { fake = 2 };

constexpr StreamId kTestStream{.purpose = Purpose::test};

// Known answers of Philox4x32-10 from the authors' Random123 distribution (kat_vectors): counter and key
// all zero. Place, step and stream word are counter words 1 to 3, so only a zero stream reaches it.
TEST(RandomStream, MatchesThePublishedPhiloxVector) {
  std::vector<std::uint32_t> words(4);
  const StreamId zero{.purpose = static_cast<Purpose>(0)};
  RandomStream(0, zero, 0).words(words, 0, 4);
  EXPECT_EQ(words, (std::vector<std::uint32_t>{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
}

// The rows of a rank are the rows of the whole batch: a slice drawn alone equals the slice of the whole.
TEST(RandomStream, ASliceOfPlacesEqualsTheSliceOfTheWhole) {
  constexpr int kElements = 301;
  const RandomStream stream(7, kTestStream, 3);
  std::vector<float> whole(10 * kElements), slice(4 * kElements);
  stream.normal(whole, 0, kElements);
  stream.normal(slice, 5, kElements);
  EXPECT_TRUE(std::equal(slice.begin(), slice.end(), whole.begin() + 5 * kElements));
}

TEST(RandomStream, DifferentSeedsStepsAndStreamsDiffer) {
  const auto first = [](std::uint64_t seed, StreamId id, std::uint32_t step) {
    std::vector<std::uint32_t> words(1);
    RandomStream(seed, id, step).words(words, 0, 1);
    return words[0];
  };
  const StreamId dropout{.purpose = Purpose::dropout, .network = TestNetwork::second, .layer = 1};
  StreamId fake = dropout;
  fake.pass = TestPass::fake;
  StreamId second_iteration = dropout;
  second_iteration.iteration = 1;
  const std::set<std::uint32_t> words{
      first(1, dropout, 0), first(2, dropout, 0), first(1ULL << 32, dropout, 0),
      first(1, dropout, 1), first(1, fake, 0),    first(1, second_iteration, 0)};
  EXPECT_EQ(words.size(), 6U);
}

TEST(RandomStream, NormalNumbersHaveTheMomentsOfTheNormalLaw) {
  constexpr int kCount = 1 << 20;
  std::vector<float> numbers(kCount);
  RandomStream(1, kTestStream, 0).normal(numbers, 0, kCount);
  double sum = 0, squares = 0, fourth = 0;
  for (const double x : numbers) {
    sum += x;
    squares += x * x;
    fourth += x * x * x * x;
  }
  // Bounds are five standard errors of each moment.
  EXPECT_NEAR(sum / kCount, 0.0, 5 / std::sqrt(kCount));
  EXPECT_NEAR(squares / kCount, 1.0, 5 * std::sqrt(2.0 / kCount));
  EXPECT_NEAR(fourth / kCount, 3.0, 5 * std::sqrt(96.0 / kCount));
}

// The series stand in for the maths library: against it, word by word.
TEST(RandomStream, NormalNumbersAreBoxMullerOfTheWords) {
  constexpr int kCount = 4096;
  std::vector<float> numbers(kCount);
  std::vector<std::uint32_t> words(kCount);
  const RandomStream stream(5, kTestStream, 9);
  stream.normal(numbers, 2, kCount);
  stream.words(words, 2, kCount);
  for (int i = 0; i < kCount; i += 2) {
    const double radius = std::sqrt(-2.0 * std::log(words[i] * 0x1p-32 + 0x1p-33));
    const double angle = 2.0 * M_PI * (words[i + 1] * 0x1p-32);
    EXPECT_NEAR(numbers[i], radius * std::cos(angle), 4e-7);
    EXPECT_NEAR(numbers[i + 1], radius * std::sin(angle), 4e-7);
  }
}

TEST(RandomStream, UniformNumbersStayInTheirRange) {
  const at::Tensor numbers =
      draw_uniform(RandomStream(1, kTestStream, 0), 0, {100, 1000}, -2.0, 3.0, at::kDouble);
  EXPECT_GE(numbers.min().item<double>(), -2.0);
  EXPECT_LT(numbers.max().item<double>(), 3.0);
  EXPECT_NEAR(numbers.mean().item<double>(), 0.5, 5 * std::sqrt(25.0 / 12 / 1e5));
}

TEST(RandomStream, AShuffleIsAPermutationThatThePlaceChanges) {
  std::vector<std::int64_t> values(1000), other(1000);
  std::iota(values.begin(), values.end(), 0);
  std::iota(other.begin(), other.end(), 0);
  const RandomStream stream(3, StreamId{.purpose = Purpose::shuffle}, 0);
  shuffle(values, stream, 0);
  shuffle(other, stream, 1);
  EXPECT_NE(values, other);
  EXPECT_FALSE(std::is_sorted(values.begin(), values.end()));
  std::sort(values.begin(), values.end());
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(values[i], i);
}

}  // namespace
}  // namespace ganymede
