#include "cli/output_file.hpp"

#include <strings.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/error.hpp"
#include "cli/command_line.hpp"
#include "distributed/agreement.hpp"
#include "storage/atomic_file.hpp"

namespace ganymede {

namespace fs = std::filesystem;

void add_json_option(CLI::App& command, std::string& file) {
  expect_path(command.add_option("--json", file, "Write the figures here, too"))->type_name("FILE");
}

void check_output_file(const char* option, const std::string& file) {
  require(!file.empty(), "{}: an empty name; expected that of a file", option);
  std::error_code ignored;
  const fs::path folder = fs::absolute(file).parent_path();
  require(fs::is_directory(folder, ignored), "{} {}: there is no folder {}; make it, or choose another file",
          option, file, folder.string());
  require(!fs::is_directory(file, ignored), "{} {}: this is a folder; expected the name of a file", option,
          file);
  require(!fs::exists(file, ignored) || fs::is_regular_file(file, ignored),
          "{} {}: this is no regular file, and would be replaced by one; choose another name", option, file);
  if (::access(folder.c_str(), W_OK | X_OK) != 0)
    throw UserError(fmt::format("{} {}: cannot write in its folder ({}); choose another", option, file,
                                std::strerror(errno)));
  for (const fs::path& leftover : find_leftovers(file)) fs::remove(leftover, ignored);
}

void agree_on_output_file(Communicator& communicator, const char* option, const std::string& file) {
  if (file.empty()) return;
  agree_on_root(communicator, [&] { check_output_file(option, file); });
}

void check_extension(const char* option, const std::string& file, const std::string& extension) {
  const std::string found = fs::path(file).extension().string();
  require(found.empty() || strcasecmp(found.c_str(), extension.c_str()) == 0,
          "{} {}: the file will be {}; expected a name that ends in {}", option, file,
          extension == ".png" ? "a PNG" : "a text", extension);
}

}  // namespace ganymede
