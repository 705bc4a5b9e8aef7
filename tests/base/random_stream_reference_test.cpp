// The streams against their numpy copy, bit for bit: tests/reference/random_streams.py made the numbers.
#include <gtest/gtest.h>

#include <bit>

#include "kernels/random_tensor.hpp"
#include "storage/json_file.hpp"

namespace ganymede {
namespace {

Json reference() {
  return read_json(std::string(GANYMEDE_SOURCE_DIR) + "/tests/reference/random_streams.json");
}

enum class TestCode : std::uint8_t {};

RandomStream stream_of(const Json& described) {
  const StreamId id{.purpose = static_cast<Purpose>(described.at("purpose").get<int>()),
                    .network = static_cast<TestCode>(described.at("network").get<int>()),
                    .layer = described.at("layer").get<std::uint8_t>(),
                    .pass = static_cast<TestCode>(described.at("pass").get<int>()),
                    .iteration = described.at("critic_iteration").get<std::uint8_t>()};
  EXPECT_EQ(id.word(), described.at("stream_word").get<std::uint32_t>());
  return {described.at("seed").get<std::uint64_t>(), id, described.at("step").get<std::uint32_t>()};
}

// Compares the stored bits, and all others through a sum that a change of any one of them changes.
template <typename T>
void expect_bits(const std::vector<T>& found, const Json& described, const char* kind) {
  const Json &index = described.at("index"), &bits = described.at(kind).at("bits");
  for (std::size_t i = 0; i < index.size(); ++i)
    EXPECT_EQ(std::bit_cast<std::uint32_t>(found[index[i].get<std::size_t>()]), bits[i].get<std::uint32_t>())
        << kind << " at " << index[i];
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < found.size(); ++i) sum += (i + 1) * std::bit_cast<std::uint32_t>(found[i]);
  EXPECT_EQ(sum, described.at(kind).at("weighted_sum").get<std::uint64_t>()) << kind;
}

TEST(RandomStreamReference, WordsUniformsAndNormalsHaveTheBitsOfNumpy) {
  const Json streams = reference().at("streams");
  for (const Json& described : streams) {
    SCOPED_TRACE(described.at("seed").dump() + " " + described.at("stream_word").dump());
    const RandomStream stream = stream_of(described);
    const auto place = described.at("first_place").get<std::uint32_t>();
    const auto elements = described.at("elements_per_place").get<std::int64_t>();
    const auto count = described.at("places").get<std::size_t>() * static_cast<std::size_t>(elements);
    std::vector<std::uint32_t> words(count);
    std::vector<float> uniform(count), normal(count);
    stream.words(words, place, elements);
    stream.uniform(uniform, place, elements);
    stream.normal(normal, place, elements);
    expect_bits(words, described, "words");
    expect_bits(uniform, described, "uniform");
    expect_bits(normal, described, "normal");
  }
}

at::Tensor draw(const RandomStream& stream, std::int64_t place, at::IntArrayRef shape, const Json& described,
                at::ScalarType dtype) {
  const Json& arguments = described.at("arguments");
  if (described.at("kind") == "normal") return draw_normal(stream, place, shape, dtype);
  if (described.at("kind") == "uniform")
    return draw_uniform(stream, place, shape, arguments[0].get<double>(), arguments[1].get<double>(), dtype);
  at::Tensor mask = at::empty(shape, dtype);
  draw_dropout_mask_(mask, stream, place, arguments[0].get<double>());
  return mask;
}

TEST(RandomStreamReference, TensorsHaveTheBitsOfNumpy) {
  const Json described = reference().at("tensors");
  const RandomStream stream = stream_of(described);
  const auto shape = described.at("shape").get<std::vector<std::int64_t>>();
  const auto place = described.at("first_place").get<std::int64_t>();
  for (const Json& each : described.at("draws")) {
    const bool is_double = each.at("dtype") == "float64";
    const at::Tensor tensor = draw(stream, place, shape, each, is_double ? at::kDouble : at::kFloat);
    for (std::size_t i = 0; i < each.at("bits").size(); ++i) {
      const std::uint64_t bits = is_double ? std::bit_cast<std::uint64_t>(tensor.const_data_ptr<double>()[i])
                                           : std::bit_cast<std::uint32_t>(tensor.const_data_ptr<float>()[i]);
      EXPECT_EQ(bits, each.at("bits")[i].get<std::uint64_t>())
          << each.at("kind") << " " << each.at("dtype") << " " << i;
    }
  }
}

}  // namespace
}  // namespace ganymede
