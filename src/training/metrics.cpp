#include "training/metrics.hpp"

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

void MetricsLog::write(const Metrics& metrics) {
  writer_.write(Json{{"step", metrics.step},
                     {"epoch", metrics.epoch},
                     {"generator_loss", metrics.generator_loss},
                     {"discriminator_loss", metrics.discriminator_loss},
                     {"samples_per_second", metrics.samples_per_second},
                     {"data_seconds", metrics.data_seconds},
                     {"compute_seconds", metrics.compute_seconds},
                     {"communication_seconds", metrics.communication_seconds}});
}

}  // namespace ganymede
