// Five steps of the cycle procedure against PyTorch: tests/reference/cycle_reference.py made the numbers,
// from the same initial weights, images, dropout masks and history draws.
#include <gtest/gtest.h>

#include <fstream>

#include "distributed/lone_communicator.hpp"
#include "recipe/recipe.hpp"
#include "tests/procedures/cycle/cycle_training.hpp"
#include "tests/procedures/reference_comparison.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

const std::string kReferenceFolder = std::string(GANYMEDE_SOURCE_DIR) + "/tests/reference/";

class CycleReference : public testing::TestWithParam<const char*> {};

CycleSetting setting_of_case(const char* name) {
  const Json file = read_json(kReferenceFolder + "cycle.json"), one = file.at("cases").at(name);
  const TemporaryFolder folder;
  std::ofstream(folder / "base.yaml") << file.at("base").dump();
  std::ofstream(folder / "case.yaml") << Json{{"extends", "base.yaml"}, {"cycle", one.at("cycle")}}.dump();
  const Recipe recipe = load_recipe(folder / "case.yaml");
  CycleSetting setting{.options = std::get<CycleOptions>(recipe.procedure),
                       .seed = static_cast<std::uint64_t>(recipe.seed),
                       .global_batch_size = recipe.data.global_batch_size};
  for (std::size_t domain = 0; domain < 2; ++domain)
    setting.shapes[domain] = {
        .channels = one.at("channels").at(domain).get<std::int64_t>(), .height = 12, .width = 16};
  return setting;
}

NamedWeights weights_and_history(Procedure& procedure) {
  NamedWeights weights = weights_of(procedure);
  for (const NamedTensor& named : procedure.own_state())
    if (named.name.ends_with("_images")) weights[named.name] = named.tensor;
  return weights;
}

TEST_P(CycleReference, InDoublePrecision) {
  const Json reference = read_json(kReferenceFolder + "cycle_float64.json").at(GetParam());
  const CycleSetting setting = setting_of_case(GetParam());
  LoneCommunicator communicator;
  const auto procedure = make_cycle(setting, communicator);
  const NamedWeights weights = weights_and_history(*procedure), initial = cloned(weights);
  const std::vector<std::string>& names = procedure->schedule().phase_of(0).scalars;
  for (std::int64_t step = 0; step < 5; ++step) {
    const std::vector<double> scalars = take_cycle_step(*procedure, setting, step, communicator);
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto expected = reference.at(names[i]).at(static_cast<std::size_t>(step)).get<double>();
      EXPECT_NEAR(scalars[i], expected, 1e-9 * expected) << names[i] << " of step " << step;
    }
  }
  expect_reference_changes(initial, weights, reference,
                           {.loss = 1e-9, .change = 1e-9, .change_offset = 1e-13});
}

INSTANTIATE_TEST_SUITE_P(Cases, CycleReference,
                         testing::Values("least_squares", "bce", "identity", "identity_of_grey"),
                         [](const auto& one) { return std::string(one.param); });

}  // namespace
}  // namespace ganymede
