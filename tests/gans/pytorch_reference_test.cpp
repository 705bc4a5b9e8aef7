// Ten steps of each recipe against PyTorch: tests/reference/adversarial_reference.py made the numbers, from
// the same initial weights, batches, noise and dropout masks.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/random_tensor.hpp"
#include "distributed/loopback_communicator.hpp"
#include "recipe/recipe.hpp"
#include "storage/json_file.hpp"
#include "tests/gans/reference_batch.hpp"
#include "training/checkpoint.hpp"

namespace ganymede {
namespace {

constexpr int kProjections = 16;

// Bounds on |difference| / |reference| of losses and on the relative norm of the difference of a tensor's
// change over the ten steps.
struct Bounds {
  double loss, change;
};

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

// Parameters and running statistics, named as the reference names them: generator/dense.weight, ...
std::map<std::string, at::Tensor> weights_of(Gan& gan) {
  std::map<std::string, at::Tensor> weights;
  for (const Player& player : gan.players()) {
    for (const auto& item : player.network->named_parameters())
      weights[player.name + "/" + item.key()] = item.value().detach();
    for (const auto& item : player.network->named_buffers())
      weights[player.name + "/" + item.key()] = item.value();
  }
  return weights;
}

std::map<std::string, at::Tensor> cloned(const std::map<std::string, at::Tensor>& weights) {
  std::map<std::string, at::Tensor> copies;
  for (const auto& [name, tensor] : weights) copies[name] = tensor.clone();
  return copies;
}

void compare_with_reference(const std::string& recipe_name, at::ScalarType dtype, Bounds bounds) {
  const std::string file = recipe_name + (dtype == at::kDouble ? "_float64.json" : "_float32.json");
  const Json reference = read_json(std::string(GANYMEDE_SOURCE_DIR) + "/tests/reference/" + file);
  const Recipe recipe =
      load_recipe(std::string(GANYMEDE_SOURCE_DIR) + "/experiments/" + recipe_name + "/recipe.yaml");
  const auto seed = reference.at("seed").get<std::uint64_t>();

  run_loopback_ranks(1, [&](Communicator& communicator) {
    const auto gan = make_adversarial_gan(
        recipe.gan, {.seed = seed, .shape = kReferenceShape, .dtype = dtype}, communicator);
    const auto weights = weights_of(*gan);
    const auto initial = cloned(weights);
    for (int step = 0; step < 10; ++step) {
      const StepReport report = gan->step({reference_batch(seed, step, 0, kReferenceBatchSize, dtype)});
      for (const auto& [name, sum] : {std::pair{"generator_loss", report.generator_loss_sum},
                                      std::pair{"discriminator_loss", report.discriminator_loss_sum}}) {
        const auto expected = reference.at(name).at(step).get<double>();
        EXPECT_NEAR(sum.item<double>() / kReferenceBatchSize, expected, bounds.loss * std::abs(expected))
            << name << " of step " << step;
      }
    }

    ASSERT_EQ(weights.size(), reference.at("tensors").size());
    for (const auto& [name, tensor] : weights) {
      const Json& expected = reference.at("tensors").at(name);
      EXPECT_NEAR(initial.at(name).to(at::kDouble).sum().item<double>(),
                  expected.at("initial_sum").get<double>(),
                  1e-9 * (1 + expected.at("initial_norm").get<double>()))
          << name << " starts from other values";
      const std::vector<double> projections = project(tensor - initial.at(name));
      double squares = 0;
      for (int k = 0; k < kProjections; ++k)
        squares += std::pow(projections[k] - expected.at("projections").at(k).get<double>(), 2);
      const double distance = std::sqrt(squares / kProjections);
      EXPECT_LE(distance, bounds.change * expected.at("change_norm").get<double>()) << name;
    }
  });
}

TEST(PytorchReference, MlpInDoublePrecision) {
  compare_with_reference("mlp", at::kDouble, {1e-9, 1e-9});
}
TEST(PytorchReference, MlpInSinglePrecision) {
  compare_with_reference("mlp", at::kFloat, {1e-4, 5e-3});
}
TEST(PytorchReference, DcganInDoublePrecision) {
  compare_with_reference("dcgan", at::kDouble, {1e-9, 1e-9});
}
TEST(PytorchReference, DcganInSinglePrecision) {
  compare_with_reference("dcgan", at::kFloat, {1e-4, 5e-3});
}

}  // namespace
}  // namespace ganymede
