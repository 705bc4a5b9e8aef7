#include "storage/text_lines.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 16;
constexpr std::size_t kLongestLine = std::size_t{1} << 28;

}  // namespace

TextLines::TextLines(const std::filesystem::path& file) : file_(file), input_(file), piece_(kPieceBytes) {}

bool TextLines::next(std::string& line) {
  line.clear();
  if (begin_ == end_ && !refill()) return false;
  ++number_;
  do {
    const auto first = piece_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto last = piece_.begin() + static_cast<std::ptrdiff_t>(end_);
    const auto line_end = std::find(first, last, '\n');
    line.append(first, line_end);
    begin_ = static_cast<std::size_t>(line_end - piece_.begin());
    if (line_end != last) {
      ++begin_;
      break;
    }
    if (line.size() > kLongestLine)
      throw DataError(fmt::format("{}: line {}: longer than {} bytes; expected a file of text",
                                  file_.string(), number_, kLongestLine));
  } while (refill());
  if (line.ends_with('\r')) line.pop_back();
  return true;
}

bool TextLines::refill() {
  begin_ = 0;
  end_ = input_.read(piece_.data(), piece_.size());
  return end_ > 0;
}

}  // namespace ganymede
