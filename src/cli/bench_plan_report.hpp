// What `ganymede bench plan` says: every number that a prediction is made of, so that a reader can check it
// by hand.
#pragma once

#include <optional>
#include <string>

#include "benchmarking/plan_measurement.hpp"
#include "storage/json_file.hpp"

namespace ganymede {

struct Planned {
  Cluster cluster;
  StepPrediction prediction = {};
  double efficiency = 1;
};

struct Plan {
  std::string recipe;
  bool strong = false;
  int threads = 1;
  PlanMeasurement measured = {};
  StepTimeModel model = {};
  std::vector<Planned> clusters = {};
  std::optional<Planned> present = {};  // where the present ranks were measured, too
};

void print_plan(const Plan& plan);
Json as_json(const Plan& plan);

}  // namespace ganymede
