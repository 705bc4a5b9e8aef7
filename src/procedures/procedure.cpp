#include "procedures/procedure.hpp"

namespace ganymede {

Procedure::Procedure(const ProcedureSetting& setting) : numbers_(setting.seed, setting.compute.device()) {}

at::Tensor Procedure::step(std::int64_t step, const StepData& data) {
  numbers_.begin(step, attempt_);
  const Phase& phase = schedule().phase_of(step);
  const StepData prepared = prepare(step, data);
  if (!graphs_) return do_step(phase, prepared);
  return graphs_->take(phase.name, prepared, [&](const StepData& inputs) { return do_step(phase, inputs); });
}

}  // namespace ganymede
