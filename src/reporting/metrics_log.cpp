#include "reporting/metrics_log.hpp"

#include "base/error.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {
namespace {

const std::filesystem::path& drop_lines_after(const std::filesystem::path& file, std::int64_t last_step) {
  std::string kept;
  if (std::filesystem::exists(file))
    for (const Json& line : read_json_lines(file))
      if (line.value("step", std::int64_t{0}) <= last_step) kept += line.dump() + "\n";
  write_file_atomically(file, kept);
  return file;
}

}  // namespace

MetricsLog::MetricsLog(const std::filesystem::path& file, std::int64_t last_step)
    : writer_(drop_lines_after(file, last_step)) {}

void MetricsLog::on_report(const Report& report) {
  Json line{{"step", report.step}, {"epoch", report.epoch}};
  if (!report.phase.empty()) line["phase"] = report.phase;
  for (const auto& [name, value] : report.scalars) line[name] = value;
  line["samples_per_second"] = report.samples_per_second;
  line["data_seconds"] = report.data_seconds;
  line["compute_seconds"] = report.compute_seconds;
  line["communication_seconds"] = report.communication_seconds;
  line["checkpoint_seconds"] = report.checkpoint_seconds;
  writer_.write(line);
}

}  // namespace ganymede
