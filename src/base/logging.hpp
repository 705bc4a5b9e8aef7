// A logger a rank. Rank 0 also speaks on the terminal; the other ranks only when something is wrong.
#pragma once

#include <spdlog/spdlog.h>

#include <filesystem>

namespace ganymede {

// Terminal only: messages of rank 0, warnings of the others. Call once, before the first message.
void start_console_log(int rank);

// Where ranks are threads of one process: the same for the messages of the calling thread. It ends with the
// thread.
void start_console_log_of_thread(int rank);

// Adds a file that receives every message of this rank. Throws UserError if it cannot be written.
void add_log_file(const std::filesystem::path& file);

}  // namespace ganymede
