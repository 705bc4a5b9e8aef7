// The numbers of a run, a line of metrics.jsonl each report.
#pragma once

#include <cstdint>
#include <filesystem>

#include "storage/json_lines.hpp"

namespace ganymede {

struct Metrics {
  std::int64_t step = 0;          // updates done
  std::int64_t epoch = 0;         // of this step's batch, from 1
  double generator_loss = 0;      // of this step's global batch, before its update
  double discriminator_loss = 0;  // likewise
  double samples_per_second = 0;  // over all ranks: global batch x steps / wall time since the last report
  // Means over ranks, in seconds since the last report; together they are the wall time of the steps.
  double data_seconds = 0;           // waiting for batches
  double compute_seconds = 0;        // the rest
  double communication_seconds = 0;  // in collectives, waiting for other ranks included
};

class MetricsLog {
 public:
  // Appends to the file. Lines after last_step are dropped first: the run that wrote them died after its
  // last checkpoint, and they are written again.
  MetricsLog(const std::filesystem::path& file, std::int64_t last_step);

  void write(const Metrics& metrics);

 private:
  JsonLinesWriter writer_;
};

}  // namespace ganymede
