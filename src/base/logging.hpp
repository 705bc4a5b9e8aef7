// A logger a rank. Rank 0 also speaks on the terminal; the other ranks only when something is wrong. What is
// said with spdlog::debug goes to the file alone.
#pragma once

#include <spdlog/spdlog.h>

#include <filesystem>
#include <functional>

namespace ganymede {

// Terminal only: messages of rank 0, warnings of the others. Call once, before the first message.
void start_console_log(int rank);

// Where ranks are threads of one process: the same for the messages of the calling thread. It ends with the
// thread.
void start_console_log_of_thread(int rank);

// For a thread that works for the calling one: what it says goes where the caller's words go, once it has
// called the result.
std::function<void()> hand_on_log();

// Adds a file that receives every message of this rank. Throws UserError or DiskError if it cannot be
// written.
void add_log_file(const std::filesystem::path& file);

}  // namespace ganymede
