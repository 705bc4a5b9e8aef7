// The oracle: of a file, of a seed, and the authors' own where it is there.
#include "procedures/sequence/oracle.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "objectives/token_likelihood.hpp"
#include "storage/safetensors_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kOracleWords = 7, kOracleSize = 32;

std::vector<NamedTensor> oracle_tensors() {
  torch::manual_seed(6);
  std::vector<NamedTensor> tensors{{"embedding", at::randn({kOracleWords, kOracleSize})},
                                   {"w_logits", at::randn({kOracleSize, kOracleWords})},
                                   {"b_logits", at::randn({kOracleWords})}};
  for (const char* gate : {"input", "forget", "output", "cell"}) {
    tensors.push_back({std::string("w_") + gate, at::randn({kOracleSize, kOracleSize})});
    tensors.push_back({std::string("u_") + gate, at::randn({kOracleSize, kOracleSize})});
    tensors.push_back({std::string("b_") + gate, at::randn({kOracleSize})});
  }
  return tensors;
}

class Oracles : public testing::Test {
 protected:
  OracleOptions file_of(const std::vector<NamedTensor>& tensors) {
    const std::filesystem::path file = folder_ / "oracle.safetensors";
    std::filesystem::remove(file);
    write_safetensors(file, tensors, {});
    return {.file = file.string()};
  }
  TemporaryFolder folder_;
};

// Row vectors: gate = x w + h u + b; the cell as Hochreiter and Schmidhuber have it.
TEST_F(Oracles, OfAFileComputeItsFormulas) {
  const std::vector<NamedTensor> tensors = oracle_tensors();
  std::map<std::string, at::Tensor> weights;
  for (const NamedTensor& one : tensors) weights[one.name] = one.tensor.to(at::kDouble);
  const auto oracle = make_oracle(file_of(tensors), kOracleWords, at::kDouble);
  const at::NoGradGuard no_grad;
  at::Tensor hidden = at::zeros({1, kOracleSize}, at::kDouble), cell = hidden;
  SequenceGenerator::Writing writing = oracle->begin(1);
  for (const std::int64_t token : {0, 3, 6, 6}) {
    const at::Tensor x = weights["embedding"].narrow(0, token, 1);
    const auto gate = [&](const std::string& name) {
      return x.mm(weights["w_" + name]) + hidden.mm(weights["u_" + name]) + weights["b_" + name];
    };
    const at::Tensor next_cell =
        gate("forget").sigmoid() * cell + gate("input").sigmoid() * gate("cell").tanh();
    hidden = gate("output").sigmoid() * next_cell.tanh();
    cell = next_cell;
    const at::Tensor logits = hidden.mm(weights["w_logits"]) + weights["b_logits"];
    EXPECT_TRUE(
        at::allclose(oracle->next_logits(at::full({1}, token, at::kLong), writing), logits, 1e-12, 1e-13));
  }
}

TEST_F(Oracles, OfASeedHaveStandardNormalWeights) {
  const auto oracle = make_oracle({.seed = 3}, 500, at::kFloat);
  const at::NoGradGuard no_grad;
  for (const auto& parameter : oracle->named_parameters()) {
    if (parameter.key() == "lstm.hidden.bias") {
      EXPECT_EQ(parameter.value().abs().max().item<double>(), 0) << "one bias is enough";
      continue;
    }
    const double numbers = static_cast<double>(parameter.value().numel());
    EXPECT_NEAR(parameter.value().mean().item<double>(), 0, 5 / std::sqrt(numbers)) << parameter.key();
    EXPECT_NEAR(parameter.value().std().item<double>(), 1, 5 / std::sqrt(numbers)) << parameter.key();
  }
  const at::Tensor tokens = draw_from_oracle(*oracle, 1, 0, 20, 8);
  EXPECT_TRUE(at::equal(draw_from_oracle(*oracle, 1, 5, 3, 8), tokens.narrow(0, 5, 3))) << "by places";
}

TEST_F(Oracles, WrongFilesAreRefused) {
  expect_error<UserError>([&] { make_oracle({.file = (folder_ / "none").string()}, 7, at::kFloat); },
                          {"sequence.oracle.file", "no such file"});
  expect_error<DataError>([&] { make_oracle(file_of(oracle_tensors()), 8, at::kFloat); },
                          {"an oracle of 7 tokens", "are of 8"});
  std::vector<NamedTensor> tensors = oracle_tensors();
  tensors[1].tensor = at::randn({kOracleWords, kOracleSize});
  expect_error<DataError>([&] { make_oracle(file_of(tensors), 7, at::kFloat); },
                          {"w_logits", "[7, 32]", "[32, 7]"});
  tensors.erase(tensors.begin());
  expect_error<DataError>([&] { make_oracle(file_of(tensors), 7, at::kFloat); }, {"no tensor 'embedding'"});
}

// Yu et al. 2017: 5.750 nats a token on its own sequences; 5.751 by an independent program.
TEST_F(Oracles, ThatOfTheAuthorsHasThePublishedFigure) {
  const char* file = std::getenv("GANYMEDE_SEQGAN_ORACLE");
  if (file == nullptr) GTEST_SKIP() << "set GANYMEDE_SEQGAN_ORACLE to the authors' oracle, as safetensors";
  const at::NoGradGuard no_grad;
  constexpr std::int64_t kSequences = 3200, kTogether = 320, kLength = 20;
  const auto oracle = make_oracle({.file = file}, 5000, at::kFloat);
  double sum = 0;
  for (std::int64_t first = 0; first < kSequences; first += kTogether) {
    const at::Tensor tokens = draw_from_oracle(*oracle, 7, first, kTogether, kLength).to(at::kLong);
    sum += surprise(oracle->forward(tokens, {}), tokens.t()).item<double>();
  }
  EXPECT_NEAR(sum / (kSequences * kLength), 5.751, 0.03);
}

}  // namespace
}  // namespace ganymede
