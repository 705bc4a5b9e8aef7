#include "procedures/sequence/likelihood_figures.hpp"

#include "objectives/token_likelihood.hpp"
#include "procedures/sequence/token_sampler.hpp"

namespace ganymede {
namespace {

// The published figures are of so many samples.
constexpr std::int64_t kMeasured = 6400, kMeasuredTogether = 320;

// The mean over all tokens.
double mean_surprise(SequenceGenerator& judge, const at::Tensor& sequences) {
  double sum = 0;
  for (const at::Tensor& some : sequences.split(kMeasuredTogether))
    sum += sum_of_surprise(judge, some).item<double>();
  return sum / static_cast<double>(sequences.numel());
}

}  // namespace

at::Tensor sum_of_surprise(SequenceGenerator& judge, const at::Tensor& sequences) {
  const at::NoGradGuard no_grad;
  return surprise(judge.forward(sequences, {}), sequences.t());
}

Figures LikelihoodFigures::of(SequenceGenerator& generator, const std::vector<Batch>& held_out) {
  Figures figures;
  if (!held_out.empty())
    figures.push_back(
        {"nll_held_out",
         mean_surprise(generator, held_out.front().fields.front().to(measured_.compute.device())),
         "nats a token, of held-out sequences under the generator"});
  if (!options_) return figures;
  if (!oracle_) {
    oracle_ = make_oracle(*options_, measured_.vocabulary, measured_.compute);
    oracle_itself_ = mean_surprise(*oracle_, tokens_to_measure(*oracle_));
  }
  figures.push_back({"nll_oracle", mean_surprise(*oracle_, tokens_to_measure(generator)),
                     "nats a token, of the generator's sequences under the oracle"});
  figures.push_back(
      {"nll_oracle_itself", oracle_itself_, "of the oracle's own sequences, likewise", /*fixed=*/true});
  return figures;
}

at::Tensor LikelihoodFigures::tokens_to_measure(const SequenceGenerator& generator) const {
  std::vector<at::Tensor> tokens;
  for (std::int64_t first = 0; first < kMeasured; first += kMeasuredTogether)
    tokens.push_back(sample_at_places(generator, measured_.seed, first, {kMeasuredTogether, measured_.length},
                                      measured_.compute));
  return at::cat(tokens);
}

}  // namespace ganymede
