#include "base/logging.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/error.hpp"

namespace ganymede {

void start_console_log(int rank) {
  // Standard output, as the progress lines: the two stay in order.
  auto console = std::make_shared<spdlog::sinks::stdout_sink_st>();
  console->set_level(rank == 0 ? spdlog::level::info : spdlog::level::warn);
  console->set_pattern(rank == 0 ? "%v" : fmt::format("rank {}: %v", rank));
  auto logger = std::make_shared<spdlog::logger>("ganymede", std::move(console));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void add_log_file(const std::filesystem::path& file) try {
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  spdlog::default_logger()->sinks().push_back(std::move(sink));
} catch (const spdlog::spdlog_ex& error) {
  throw UserError(fmt::format("{}: cannot write the log ({}); choose a writable folder with --run",
                              file.string(), error.what()));
}

}  // namespace ganymede
