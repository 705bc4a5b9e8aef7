#include "tests/procedures/reference_comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/random_stream.hpp"

namespace ganymede {
namespace {

constexpr int kProjections = 16;

// 16 projections of a tensor onto vectors of +-1: projection k takes the sign of element i from bit 31 of
// word i of the test stream of layer k.
std::vector<double> project(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kDouble).contiguous().view(-1);
  const auto* values = flat.const_data_ptr<double>();
  std::vector<double> projections;
  std::vector<std::uint32_t> words(flat.numel());
  for (int k = 0; k < kProjections; ++k) {
    RandomStream(0, {.purpose = Purpose::test, .layer = static_cast<std::uint8_t>(k)}, 0)
        .words(words, 0, flat.numel());
    double sum = 0;
    for (std::size_t i = 0; i < words.size(); ++i) sum += words[i] >> 31 ? values[i] : -values[i];
    projections.push_back(sum);
  }
  return projections;
}

}  // namespace

NamedWeights weights_of(Procedure& gan) {
  NamedWeights weights;
  for (const Player& player : gan.players()) {
    for (const auto& item : player.network->named_parameters())
      weights[fmt::format("{}/{}", player.name, item.key())] = item.value().detach();
    for (const auto& item : player.network->named_buffers())
      weights[fmt::format("{}/{}", player.name, item.key())] = item.value();
    if (player.average.defined())
      for (const auto& slot : player.arena.slots())
        weights[fmt::format("{}/average/{}", player.name, slot.name)] =
            player.arena.view_of(player.average, slot);
  }
  return weights;
}

NamedWeights cloned(const NamedWeights& weights) {
  NamedWeights copies;
  for (const auto& [name, tensor] : weights) copies[name] = tensor.clone();
  return copies;
}

void expect_reference_losses(const std::vector<double>& losses, const Json& reference, int step,
                             const ReferenceBounds& bounds) {
  for (const auto& [name, loss] :
       {std::pair{"generator_loss", losses[0]}, std::pair{"discriminator_loss", losses[1]}}) {
    const auto expected = reference.at(name).at(step).get<double>();
    EXPECT_NEAR(loss, expected, bounds.loss * std::abs(expected) + bounds.loss_offset)
        << name << " of step " << step;
  }
}

void expect_reference_changes(const NamedWeights& initial, const NamedWeights& final, const Json& reference,
                              const ReferenceBounds& bounds) {
  ASSERT_EQ(final.size(), reference.at("tensors").size());
  for (const auto& [name, tensor] : final) {
    const Json& expected = reference.at("tensors").at(name);
    // Parameters are drawn, and equal bit for bit; singular vectors are computed, in the precision of the
    // run.
    const bool computed =
        name.find("spectral_vector") != std::string::npos && tensor.scalar_type() == at::kFloat;
    EXPECT_NEAR(initial.at(name).to(at::kDouble).sum().item<double>(),
                expected.at("initial_sum").get<double>(),
                (computed ? 1e-6 : 1e-9) * (1 + expected.at("initial_norm").get<double>()))
        << name << " starts from other values";
    const std::vector<double> projections = project(tensor - initial.at(name));
    double squares = 0;
    for (int k = 0; k < kProjections; ++k)
      squares += std::pow(projections[k] - expected.at("projections").at(k).get<double>(), 2);
    const double distance = std::sqrt(squares / kProjections);
    EXPECT_LE(distance, bounds.change * expected.at("change_norm").get<double>() + bounds.change_offset)
        << name;
  }
}

}  // namespace ganymede
