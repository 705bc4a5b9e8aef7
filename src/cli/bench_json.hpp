// What the parts of `ganymede bench` share in writing their numbers.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

#include "base/spread.hpp"
#include "cli/output_file.hpp"
#include "distributed/communicator.hpp"
#include "storage/json_file.hpp"

namespace ganymede {

// --seconds of measuring, by default what `seconds` holds.
void add_seconds_option(CLI::App& command, double& seconds);

// {"median": ..., "min": ..., "max": ...}, each times `unit`.
Json as_json(const Spread& spread, double unit = 1);

// Rank 0 makes it and writes it; nothing where no file is named. Collective.
void write_json_of_root(Communicator& communicator, const std::string& file,
                        const std::function<Json()>& make);

}  // namespace ganymede
