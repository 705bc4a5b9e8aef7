// All that is in a folder, to see whether a command changed it.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "tests/support/temporary_folder.hpp"

namespace ganymede {

// Relative path to content; a folder's is "<folder>".
inline std::map<std::string, std::string> take_snapshot(const std::filesystem::path& folder) {
  std::map<std::string, std::string> snapshot;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    snapshot[std::filesystem::relative(entry.path(), folder)] =
        entry.is_directory() ? "<folder>" : read_text(entry.path());
  return snapshot;
}

// The same without the files' content, for messages.
inline std::string list_names(const std::filesystem::path& folder) {
  std::string names;
  for (const auto& [name, content] : take_snapshot(folder)) names += name + "\n";
  return names;
}

}  // namespace ganymede
