// Five steps of each phase of SeqGAN against PyTorch: tests/reference/sequence_reference.py made the numbers,
// from the same initial weights, batches, dropout masks and numbers that pick tokens.
#include <gtest/gtest.h>

#include "distributed/lone_communicator.hpp"
#include "kernels/random_tensor.hpp"
#include "procedures/sequence/streams.hpp"
#include "procedures/sequence/token_sampler.hpp"
#include "tests/procedures/part_recipes.hpp"
#include "tests/procedures/reference_comparison.hpp"
#include "tests/procedures/sequence/sentences.hpp"

namespace ganymede {
namespace {

constexpr std::uint64_t kSequenceReferenceSeed = 8;
constexpr const char* kSequenceParts = "sequences.json";

// The rollouts that rewards of a step come from, as its generator writes them.
at::Tensor rollouts_of(const SequenceGenerator& generator, std::int64_t step, std::int64_t rollouts) {
  const auto draw = [&](SequencePurpose purpose, std::int64_t iteration, std::vector<std::int64_t> shape) {
    const RandomStream stream(kSequenceReferenceSeed,
                              {.purpose = purpose,
                               .network = SequenceNetworkId::generator,
                               .pass = SequencePass::generator,
                               .iteration = static_cast<std::uint8_t>(iteration)},
                              static_cast<std::uint32_t>(step));
    return draw_uniform(stream, 0, shape, 0, 1, at::kDouble);
  };
  std::vector<at::Tensor> uniform;
  for (std::int64_t rollout = 0; rollout < rollouts; ++rollout)
    uniform.push_back(
        draw(SequencePurpose::rollout, rollout, {kSentences, kSentenceLength - 1, kSentenceLength}));
  return sample_with_rollouts(generator, draw(SequencePurpose::tokens, 0, {kSentences, kSentenceLength}),
                              at::stack(uniform))
      .rollouts;
}

void expect_tokens(const at::Tensor& found, const Json& expected) {
  EXPECT_TRUE(at::equal(found.flatten(), at::tensor(expected.get<std::vector<std::int64_t>>(), at::kLong)));
}

class SequenceReference : public testing::TestWithParam<std::string> {};

TEST_P(SequenceReference, InDoublePrecision) {
  const Json reference = read_reference("sequences_float64.json").at(GetParam());
  const auto options = part_options<SequenceOptions>(kSequenceParts, "sequence", GetParam());
  LoneCommunicator communicator;
  const auto procedure = prepare_procedure(
      options, {.seed = kSequenceReferenceSeed, .sources = {kSentenceSpec}, .compute = at::kDouble},
      communicator)();
  const NamedWeights weights = weights_of(*procedure), initial = cloned(weights);
  const auto generator = std::dynamic_pointer_cast<SequenceGenerator>(procedure->players()[0].network);
  const auto steps = std::ssize(reference.at("scalars"));
  for (std::int64_t step = 0; step < steps; ++step) {
    if (step + 1 == steps)
      expect_tokens(rollouts_of(*generator, step, options.rollouts), reference.at("rollouts"));
    const std::vector<double> scalars = take_sequence_step(*procedure, step, communicator);
    const std::vector<std::string>& names = procedure->schedule().phase_of(step).scalars;
    const Json& expected = reference.at("scalars").at(static_cast<std::size_t>(step));
    ASSERT_EQ(expected.size(), names.size()) << "step " << step;
    for (std::size_t i = 0; i < names.size(); ++i)
      EXPECT_NEAR(scalars[i], expected.at(names[i]).get<double>(), 1e-9) << names[i] << " of step " << step;
  }
  expect_reference_changes(initial, weights, reference, {.loss = 0, .change = 1e-9});
  expect_tokens(procedure->sample({.count = kSentences}).values, reference.at("samples"));
}

INSTANTIATE_TEST_SUITE_P(Parts, SequenceReference, testing::ValuesIn(part_names(kSequenceParts)),
                         [](const auto& part) { return part.param; });

}  // namespace
}  // namespace ganymede
