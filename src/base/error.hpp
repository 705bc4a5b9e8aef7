// The errors that Ganymede throws. Only cli/ prints them and turns them into an exit code.
// A message names the thing, the value found, the value expected and the next step.
#pragma once

#include <spdlog/fmt/fmt.h>

#include <cerrno>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>

namespace ganymede {

enum class ExitCode : int {
  success = 0,
  failure = 1,
  user_error = 2,
  data_error = 3,
  communication_error = 4,
  stopped_on_request = 75,  // EX_TEMPFAIL: run the same command with --resume
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, ExitCode exit_code = ExitCode::failure)
      : std::runtime_error(message), exit_code_(exit_code) {}
  ExitCode exit_code() const { return exit_code_; }

 private:
  ExitCode exit_code_;
};

// A mistake in a command, a path or a setting.
struct UserError : Error {
  explicit UserError(const std::string& message) : Error(message, ExitCode::user_error) {}
};

// A mistake in a recipe; the message begins with file:line.
struct RecipeError : UserError {
  using UserError::UserError;
};

// A file that is not what it should be; the message names the file and the place in it.
struct DataError : Error {
  explicit DataError(const std::string& message) : Error(message, ExitCode::data_error) {}
};

// A disk that is full, over its quota, or fails: nobody's mistake, and mended elsewhere.
struct DiskError : Error {
  explicit DiskError(const std::string& message) : Error(message) {}
};

struct CommunicationError : Error {
  explicit CommunicationError(const std::string& message) : Error(message, ExitCode::communication_error) {}
};

// Checks what a caller promised. Stays in release builds.
template <typename... Args>
void require(bool condition, fmt::format_string<Args...> message, Args&&... args) {
  if (!condition) throw UserError(fmt::format(message, std::forward<Args>(args)...));
}

// Whether the system's error number, of a call on a path, tells of the disk.
inline bool is_of_the_disk(int code) {
  return code == ENOSPC || code == EDQUOT || code == EIO;
}

// DiskError or, of any other number, UserError.
[[noreturn]] inline void throw_path_error(int code, const std::string& message) {
  if (is_of_the_disk(code)) throw DiskError(message);
  throw UserError(message);
}

// Checks what our own code promised: a failure is a bug of Ganymede. Stays in release builds.
inline void ensure(bool condition, const char* promise,
                   std::source_location where = std::source_location::current()) {
  if (!condition)
    throw Error(fmt::format("{}:{}: this should always hold: {} (a bug in Ganymede; please report it)",
                            where.file_name(), where.line(), promise));
}

}  // namespace ganymede
