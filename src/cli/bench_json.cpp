#include "cli/bench_json.hpp"

#include <filesystem>

#include "distributed/agreement.hpp"

namespace ganymede {

namespace fs = std::filesystem;

void add_json_option(CLI::App& command, std::string& file) {
  command.add_option("--json", file, "Write the figures here, too")
      ->type_name("FILE")
      ->check([](const std::string& name) -> std::string {
        const fs::path folder = fs::absolute(name).parent_path();
        return fs::is_directory(folder) ? "" : fmt::format("there is no folder {}", folder.string());
      });
}

void add_seconds_option(CLI::App& command, double& seconds) {
  command.add_option("--seconds", seconds, "How long to measure, about")
      ->check(CLI::Range(0.1, 86'400.0))
      ->capture_default_str();
}

Json as_json(const Spread& spread, double unit) {
  return {{"median", spread.median * unit}, {"min", spread.min * unit}, {"max", spread.max * unit}};
}

void write_json_on_root(Communicator& communicator, const std::string& file,
                        const std::function<Json()>& make) {
  if (file.empty()) return;
  agree_on_root(communicator, [&] { write_json_atomically(file, make()); });
}

}  // namespace ganymede
