// What the model of step time needs to know of this machine and a recipe.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "base/spread.hpp"
#include "benchmarking/step_time_model.hpp"
#include "distributed/communicator.hpp"
#include "procedures/procedure.hpp"
#include "training/training_step.hpp"

namespace ganymede {

struct MeasuredTraining {
  std::unique_ptr<Procedure> procedure;
  Sources sources;
  std::int64_t steps = 0;  // taken
};

// Makes the recipe's procedure and its data, with another global batch size. The communicator outlives them.
using MakeMeasuredTraining =
    std::function<MeasuredTraining(Communicator& communicator, std::int64_t global_batch_size)>;

struct PlanMeasurementOptions {
  std::vector<std::int64_t> rows;  // of a rank; at least two
  // One of them; the ranks of a cluster of several nodes have so many together at least.
  std::int64_t rows_together = 0;
  std::int64_t ranks_per_node = 1;
  std::int64_t present_rows = 0;  // of each present rank in steps of all of them; 0: these are not measured
  double seconds = 20;            // of everything, about
};

struct MeasuredSteps {
  std::int64_t rows = 0;             // of a rank
  std::vector<double> seconds = {};  // of a step: [repeat]
  double optimizer_seconds = 0;

  Spread spread() const { return spread_of(seconds); }
};

struct NodeSums {
  std::int64_t small_bytes = 0, large_bytes = 0;
  Spread small_gradient_sum, large_gradient_sum, small_all_reduce;  // seconds
};

// Steps are measured in rounds, each kind in turn, so that a busy moment of the machine meets them all.
struct PlanMeasurement {
  std::vector<MeasuredSteps> alone;  // rank 0 while the others sleep; without repeats on other ranks
  // Ranks that compute at once without talking, the slowest of them; where there are several, and as many on
  // a node as there will be.
  std::optional<MeasuredSteps> together;
  std::optional<MeasuredSteps> present;  // steps of all present ranks together
  StepTraffic traffic;                   // of rank 0 while the others sleep, and nothing on these
  std::optional<NodeSums> node_sums;     // where all ranks are on one node, and not alone
};

// Collective.
PlanMeasurement measure_for_plan(const MakeMeasuredTraining& make, Communicator& communicator,
                                 const PlanMeasurementOptions& options);

// Where sums within a node could not be measured.
inline constexpr double kAssumedNodeBandwidth = 5e9;   // bytes of a gradient sum a second
inline constexpr double kAssumedNodeSmallSum = 10e-6;  // seconds

// Of rank 0's measurement. shares_updates: each rank of a node will update only a part of the weights.
StepTimeModel fit_model(const PlanMeasurement& measured, const Interconnect& network, bool shares_updates);

}  // namespace ganymede
