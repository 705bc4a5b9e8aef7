// Files with one JSON value a line, such as the metrics of a run: every complete line is valid at any time.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "storage/json_file.hpp"

namespace ganymede {

class FileDescriptor;

// Appends; one writer a file, one thread at a time.
class JsonLinesWriter {
 public:
  // Cuts off a last line without its newline, which a crash left. Throws UserError or DiskError if it
  // cannot write.
  explicit JsonLinesWriter(const std::filesystem::path& file);
  ~JsonLinesWriter();
  JsonLinesWriter(JsonLinesWriter&&) noexcept;
  JsonLinesWriter& operator=(JsonLinesWriter&&) noexcept;

  // One line in one system call, so that it survives the end of this process. Where it throws, nothing of the
  // line is in the file.
  void write(const Json& value);
  // What was written survives a power cut. Throws DiskError if the disk fails.
  void sync();

 private:
  std::filesystem::path file_;
  std::unique_ptr<FileDescriptor> output_;
  std::int64_t complete_bytes_ = 0;
};

// A last line without a newline is left out: a crash cut it. Throws DataError with the line's number if
// another line is not JSON, UserError if the file cannot be read.
std::vector<Json> read_json_lines(const std::filesystem::path& file);

}  // namespace ganymede
