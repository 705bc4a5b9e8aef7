#include "procedures/step_graphs.hpp"

#include <ATen/ATen.h>

#include "base/failure.hpp"
#include "base/logging.hpp"
#include "base/trace.hpp"
#include "distributed/gradient_exchange.hpp"

namespace ganymede {
namespace {

// Calls change(field, the other's field) of each field of each batch.
template <typename Change>
void for_each_field(StepData& data, const StepData& other, const Change& change) {
  for (std::size_t source = 0; source < data.size(); ++source)
    for (std::size_t batch = 0; batch < data[source].size(); ++batch)
      for (std::size_t field = 0; field < data[source][batch].fields.size(); ++field)
        change(data[source][batch].fields[field], other[source][batch].fields[field]);
}

}  // namespace

StepGraphs::Kind StepGraphs::kind_of(const std::string& phase, const StepData& data) {
  Kind kind{.phase = phase, .batches = {}};
  for (const std::vector<Batch>& source : data)
    for (const Batch& batch : source) {
      kind.batches.insert(kind.batches.end(), {batch.first_place, batch.global_batch_size});
      for (const at::Tensor& field : batch.fields) {
        kind.batches.insert(kind.batches.end(),
                            {static_cast<std::int64_t>(field.scalar_type()), field.dim()});
        kind.batches.insert(kind.batches.end(), field.sizes().begin(), field.sizes().end());
      }
    }
  return kind;
}

at::Tensor StepGraphs::take(const std::string& phase, const StepData& data, const Step& step) {
  Recorded& recorded = recorded_[kind_of(phase, data)];
  if (recorded.eager_steps < kEagerSteps) {
    ++recorded.eager_steps;
    return step(data);
  }
  if (!recorded.replay && !recorded.given_up) record(recorded, phase, data, step);
  if (recorded.given_up) return step(data);
  const TraceSpan span("graph");
  const at::NoGradGuard no_grad;
  for_each_field(recorded.inputs, data, [](const at::Tensor& input, const at::Tensor& field) {
    input.copy_(field, /*non_blocking=*/true);
  });
  recorded.replay();
  ++replays_;
  return recorded.scalars.clone();
}

void StepGraphs::record(Recorded& recorded, const std::string& phase, const StepData& data,
                        const Step& step) {
  std::string failure;
  try {
    recorded.inputs = data;
    for_each_field(recorded.inputs, data,
                   [](at::Tensor& input, const at::Tensor& field) { input = field.clone(); });
    const GradientExchange::Recording recording(communicator_.gradients());
    recorded.replay = recorder_->record([&] { recorded.scalars = step(recorded.inputs); });
  } catch (const std::exception& error) {
    failure = describe_failure(error).message;
  }
  // Nothing that was recorded has begun, on any rank: no rank waits in a sum for one that gave up before it.
  const at::Tensor failures = at::full({1}, failure.empty() ? 0 : 1, at::kLong);
  communicator_.all_reduce_sum_(failures);
  recorded.given_up = failures.item<std::int64_t>() > 0;
  if (!recorded.given_up) return;
  recorded.inputs.clear();
  recorded.scalars.reset();
  recorded.replay = nullptr;
  spdlog::info("steps of {} are taken operation by operation, for they cannot be recorded as one graph: {}",
               phase, failure.empty() ? "another rank cannot" : failure);
}

}  // namespace ganymede
