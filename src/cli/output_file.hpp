// Files that a command writes at its end. One that cannot be written is refused before anything is computed.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "distributed/communicator.hpp"

namespace ganymede {

// --json FILE, for the figures that a command prints.
void add_json_option(CLI::App& command, std::string& file);

// The option's value as the name of a file. Throws UserError unless its folder can be written and nothing but
// a regular file stands there. What a killed process left of such a file goes.
void check_output_file(const char* option, const std::string& file);

// The same on rank 0, and of no file nothing. Collective.
void agree_on_output_file(Communicator& communicator, const char* option, const std::string& file);

// Throws UserError if the file's name promises another kind than that of the extension, ".png" or ".txt".
void check_extension(const char* option, const std::string& file, const std::string& extension);

}  // namespace ganymede
