// The numbers of a run, a line of metrics.jsonl each report.
#pragma once

#include <filesystem>

#include "storage/json_lines.hpp"
#include "training/run_listener.hpp"

namespace ganymede {

class MetricsLog final : public RunListener {
 public:
  // Appends to the file. Lines after last_step are dropped first: the run that wrote them died after its
  // last checkpoint, and they are written again.
  MetricsLog(const std::filesystem::path& file, std::int64_t last_step);

  void on_report(const Report& report) override;
  // A checkpoint that survives a power cut finds the lines before it.
  void on_checkpoint(const CheckpointInfo&, const TrainingState&) override { writer_.sync(); }

 private:
  JsonLinesWriter writer_;
};

}  // namespace ganymede
