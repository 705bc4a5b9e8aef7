#include "base/failure.hpp"

#include <c10/util/Exception.h>

#include <filesystem>
#include <new>

namespace ganymede {
namespace {

constexpr const char* kSmaller = "choose smaller networks, a smaller batch, or a machine with more memory";

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

// LibTorch says so with an error of its own: "... DefaultCPUAllocator: can't allocate memory: you tried to
// allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)".
std::string describe_torch(const std::string& text) {
  constexpr std::string_view kAsked = "you tried to allocate ";
  const std::size_t asked = text.find(kAsked);
  if (asked == std::string::npos) return first_line(text);
  const std::size_t begin = asked + kAsked.size();
  return fmt::format("out of memory: {} are not to be had at once; {}",
                     text.substr(begin, text.find('.', begin) - begin), kSmaller);
}

}  // namespace

Failure describe_failure(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return {ours->what(), ours->exit_code()};
  if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return {fmt::format("{}: {}", files->path1().string(), files->code().message()),
            is_of_the_disk(files->code().value()) ? ExitCode::failure : ExitCode::user_error};
  if (const auto* torch = dynamic_cast<const c10::Error*>(&error))
    return {describe_torch(torch->what_without_backtrace())};
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {fmt::format("out of memory; {}", kSmaller)};
  return {first_line(error.what())};
}

}  // namespace ganymede
