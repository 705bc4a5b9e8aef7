#include "base/logging.hpp"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cerrno>
#include <mutex>

#include "base/error.hpp"

namespace ganymede {
namespace {

thread_local std::shared_ptr<spdlog::logger> own_logger;  // of a rank that is a thread

// Of the process's one logger: hands on to that of the thread which speaks.
class ToOwnLogger final : public spdlog::sinks::sink {
 public:
  explicit ToOwnLogger(std::shared_ptr<spdlog::logger> of_others) : of_others_(std::move(of_others)) {}

  void log(const spdlog::details::log_msg& message) override {
    (own_logger ? own_logger : of_others_)->log(message.source, message.level, message.payload);
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  const std::shared_ptr<spdlog::logger> of_others_;
};

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink) {
  auto logger = std::make_shared<spdlog::logger>("ganymede", std::move(sink));
  logger->set_level(spdlog::level::debug);
  logger->flush_on(spdlog::level::debug);
  return logger;
}

std::shared_ptr<spdlog::logger> make_console_logger(int rank) {
  // Standard output, as the progress lines: the two stay in order.
  auto console = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  console->set_level(rank == 0 ? spdlog::level::info : spdlog::level::warn);
  console->set_pattern(rank == 0 ? "%v" : fmt::format("rank {}: %v", rank));
  // To which a file can be added while another thread speaks.
  auto sinks = std::make_shared<spdlog::sinks::dist_sink_mt>();
  sinks->add_sink(std::move(console));
  return make_logger(std::move(sinks));
}

}  // namespace

void start_console_log(int rank) {
  spdlog::set_default_logger(make_console_logger(rank));
}

void start_console_log_of_thread(int rank) {
  own_logger = make_console_logger(rank);
  static std::once_flag once;
  std::call_once(once, [] {
    spdlog::set_default_logger(make_logger(std::make_shared<ToOwnLogger>(spdlog::default_logger())));
  });
}

std::function<void()> hand_on_log() {
  return [logger = own_logger] { own_logger = logger; };
}

void add_log_file(const std::filesystem::path& file) try {
  errno = 0;
  auto sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.string());
  sink->set_pattern("%Y-%m-%d %H:%M:%S.%e %^%l%$ %v");
  const auto& logger = own_logger ? own_logger : spdlog::default_logger();
  dynamic_cast<spdlog::sinks::dist_sink_mt&>(*logger->sinks().front()).add_sink(std::move(sink));
} catch (const spdlog::spdlog_ex& error) {
  const int code = errno;  // spdlog has made words of it
  throw_path_error(code, fmt::format("{}: cannot write the log ({}); choose a writable folder with --run",
                                     file.string(), error.what()));
}

}  // namespace ganymede
