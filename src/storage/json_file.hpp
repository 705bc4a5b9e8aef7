// JSON documents in files. Objects keep the order in which their fields were written.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace ganymede {

using Json = nlohmann::ordered_json;

// Throws UserError if the file cannot be read, DataError with line and column if it is not JSON.
Json read_json(const std::filesystem::path& file);
// The same of a file's text.
Json parse_json(std::string_view text, const std::filesystem::path& file);

// Indented by two spaces, with a newline at the end.
void write_json_atomically(const std::filesystem::path& file, const Json& json);

}  // namespace ganymede
