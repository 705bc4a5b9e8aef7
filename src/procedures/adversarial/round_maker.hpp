// From batches of a source to rounds of the adversarial procedure: what the networks are told of its samples
// included.
#pragma once

#include "procedures/adversarial/adversarial_options.hpp"
#include "procedures/adversarial/conditioner.hpp"
#include "procedures/procedure.hpp"

namespace ganymede {

class RoundMaker {
 public:
  // The conditioner and the communicator outlive this.
  RoundMaker(const AdversarialOptions& options, const ProcedureSetting& setting, Conditioner& conditioner,
             Communicator& communicator);

  // Where pairs are mismatched, the batches with two fields more behind their own, those of
  // MismatchedCaptions; else as they are. Keeps the first captions to show. Collective.
  std::vector<Batch> prepare(std::vector<Batch> batches);

  // A round of rows of a prepared batch, without labels of fakes.
  Round begin(const StepSeed& seed, std::int64_t critic_iteration, const Batch& batch) const;

 private:
  const DataSpec source_;
  const ImageShape shape_;  // of a sample
  const std::int64_t packing_;
  std::optional<double> mismatch_weight_ = {};  // where conditioned by text
  std::size_t captions_ = 0;                    // where they stand among the fields, then
  Conditioner& conditioner_;
  Communicator& communicator_;
};

}  // namespace ganymede
