// A text file line by line, gzip or not, with one piece of it in memory.
#pragma once

#include <string>

#include "storage/gzip_file.hpp"

namespace ganymede {

class TextLines {
 public:
  // Throws UserError if the file cannot be opened.
  explicit TextLines(const std::filesystem::path& file);

  // The next line, without its end (\n or \r\n); false after the last one. Throws DataError if the gzip
  // stream is damaged or a line is longer than any text has.
  bool next(std::string& line);

  // Of the line that next() gave; the first is 1.
  std::int64_t number() const { return number_; }
  const std::filesystem::path& file() const { return file_; }

 private:
  bool refill();

  std::filesystem::path file_;
  GzipReader input_;
  std::vector<std::uint8_t> piece_;
  std::size_t begin_ = 0, end_ = 0;  // what of the piece is still to come
  std::int64_t number_ = 0;
};

}  // namespace ganymede
