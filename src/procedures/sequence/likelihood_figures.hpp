// Likelihoods by which sequences are measured: of held-out ones under the generator, and of the generator's
// own under the law of the data, where it is known (Yu et al. 2017, section 4).
#pragma once

#include "data/samples/batch.hpp"
#include "procedures/figures.hpp"
#include "procedures/sequence/oracle.hpp"

namespace ganymede {

// The sum of -log p over all tokens of sequences int64 [rows, length] by the law of the judge, a float64
// number.
at::Tensor sum_of_surprise(SequenceGenerator& judge, const at::Tensor& sequences);

struct MeasuredSequences {
  std::int64_t length = 0, vocabulary = 0;
  std::uint64_t seed = 0;  // of the generator's sequences that are measured
  at::TensorOptions compute = at::kFloat;
};

class LikelihoodFigures {
 public:
  LikelihoodFigures(const std::optional<OracleOptions>& oracle, const MeasuredSequences& measured)
      : options_(oracle), measured_(measured) {}

  // held_out: as for Procedure::figures. The first call makes the oracle, with the errors of make_oracle.
  Figures of(SequenceGenerator& generator, const std::vector<Batch>& held_out);

 private:
  at::Tensor tokens_to_measure(const SequenceGenerator& generator) const;

  const std::optional<OracleOptions> options_;
  const MeasuredSequences measured_;
  std::shared_ptr<SequenceGenerator> oracle_;
  double oracle_itself_ = 0;  // what its own sequences are to it
};

}  // namespace ganymede
