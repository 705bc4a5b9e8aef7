#include "cli/bench_json.hpp"

#include "cli/command_line.hpp"
#include "cli/output_file.hpp"
#include "distributed/agreement.hpp"

namespace ganymede {

void add_seconds_option(CLI::App& command, double& seconds) {
  constexpr Range kSeconds{.low = 0.1, .high = 86'400, .expected = "a number from 0.1 to 86400"};
  expect_number(command.add_option("--seconds", seconds, "How long to measure, about"), kSeconds)
      ->capture_default_str();
}

Json as_json(const Spread& spread, double unit) {
  return {{"median", spread.median * unit}, {"min", spread.min * unit}, {"max", spread.max * unit}};
}

void write_json_of_root(Communicator& communicator, const std::string& file,
                        const std::function<Json()>& make) {
  if (file.empty()) return;
  agree_on_root(communicator, [&] { write_json_atomically(file, make()); });
}

}  // namespace ganymede
