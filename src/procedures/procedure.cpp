#include "procedures/procedure.hpp"

#include "kernels/mixed_precision.hpp"

namespace ganymede {

Procedure::Procedure(const ProcedureSetting& setting)
    : mixed_precision_(setting.mixed_precision), numbers_(setting.seed, setting.compute.device()) {}

at::Tensor Procedure::step(std::int64_t step, const StepData& data) {
  numbers_.begin(step, attempt_);
  const Phase& phase = schedule().phase_of(step);
  const StepData prepared = prepare(step, data);
  const MixedPrecision mixed(mixed_precision_);
  if (!graphs_) return do_step(phase, prepared);
  return graphs_->take(phase.name, prepared, [&](const StepData& inputs) { return do_step(phase, inputs); });
}

}  // namespace ganymede
