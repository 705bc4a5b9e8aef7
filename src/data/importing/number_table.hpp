// Tables of numbers as spreadsheets, pandas and NumPy write them, a row at a time: columns parted by commas,
// semicolons, tabs or spaces, in quotes or not, with a header or without; plain or gzip.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/text_lines.hpp"

namespace ganymede {

class NumberTable {
 public:
  // Throws UserError if the file cannot be opened.
  explicit NumberTable(const std::filesystem::path& file) : lines_(file) {}

  // The next row; false after the last one. Passes over a header, empty rows and lines that begin with #.
  // Throws DataError if the file is no text.
  bool next();

  // Of the row, without quotes and spaces around; they live until the next call.
  const std::vector<std::string_view>& fields() const { return fields_; }
  // Rows before this one, the line it is in.
  std::int64_t row() const { return row_; }
  std::int64_t line() const { return lines_.number(); }
  const std::filesystem::path& file() const { return lines_.file(); }
  // [column]; empty: there is none. A header has no numbers, or counts them: from 0 on, as pandas names
  // columns that have no names, or beside a name.
  const std::vector<std::string>& header() const { return header_; }

 private:
  bool next_fields();

  TextLines lines_;
  std::string text_;
  std::vector<std::string_view> fields_;  // of text_
  std::vector<std::string> header_;
  std::int64_t row_ = -1;
  char separator_ = '\0';  // until the first line
};

// Nothing unless all of the field is a number.
std::optional<double> number_in(std::string_view field);

}  // namespace ganymede
