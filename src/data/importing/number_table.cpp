#include "data/importing/number_table.hpp"

#include <algorithm>
#include <charconv>

#include "base/error.hpp"

namespace ganymede {
namespace {

// A first row of so few numbers may well be an image.
constexpr std::size_t kFewestNumberedColumns = 4;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// That of these which is most often outside quotes; spaces only where nothing else is.
char find_separator(std::string_view line) {
  constexpr std::string_view candidates = ",;\t";
  std::size_t most = 0;
  char separator = trim(line).find(' ') == std::string_view::npos ? ',' : ' ';
  for (const char candidate : candidates) {
    std::size_t count = 0;
    bool quoted = false;
    for (const char c : line) {
      if (c == '"') quoted = !quoted;
      if (c == candidate && !quoted) ++count;
    }
    if (count > most) separator = candidate;
    most = std::max(most, count);
  }
  return separator;
}

// Where the quoted text that begins the line ends: just behind the closing quote, at which no second one
// stands.
std::size_t end_of_quotes(std::string_view text) {
  for (std::size_t end = text.find('"', 1); end != std::string_view::npos; end = text.find('"', end + 2))
    if (end + 1 == text.size() || text[end + 1] != '"') return end + 1;
  return 0;
}

void split(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  if (separator == ' ') line = trim(line);
  for (;;) {
    while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
    const std::size_t quoted = line.starts_with('"') ? end_of_quotes(line) : 0;
    const std::size_t end = line.find(separator, quoted);
    const std::string_view field = trim(line.substr(0, end));
    fields.push_back(quoted > 0 && field.size() == quoted ? trim(field.substr(1, quoted - 2)) : field);
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

bool is_header(const std::vector<std::string_view>& fields) {
  std::vector<double> numbers;
  for (const std::string_view field : fields)
    if (const auto number = number_in(field)) numbers.push_back(*number);
  if (numbers.empty()) return true;
  for (std::size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] != numbers[0] + static_cast<double>(i)) return false;
  const std::size_t names = fields.size() - numbers.size();
  if (names == 0) return numbers[0] == 0 && numbers.size() >= kFewestNumberedColumns;
  return names <= 2 && (numbers[0] == 0 || numbers[0] == 1);
}

void refuse_utf16(std::string_view text, const TextLines& lines) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw DataError(
        fmt::format("{}: byte 0: the mark of UTF-16; expected UTF-8: save the table as CSV in UTF-8",
                    lines.file().string()));
}

}  // namespace

std::optional<double> number_in(std::string_view field) {
  double number = 0;
  const auto [end, status] = std::from_chars(field.data(), field.data() + field.size(), number);
  if (status != std::errc() || end != field.data() + field.size()) return std::nullopt;
  return number;
}

bool NumberTable::next() {
  if (!next_fields()) return false;
  if (row_ < 0 && is_header(fields_)) {
    header_.assign(fields_.begin(), fields_.end());
    if (!next_fields()) return false;
  }
  ++row_;
  return true;
}

bool NumberTable::next_fields() {
  constexpr std::string_view mark = "\xEF\xBB\xBF";  // of UTF-8, as spreadsheets write it
  while (lines_.next(text_)) {
    if (lines_.number() == 1) {
      refuse_utf16(text_, lines_);
      if (text_.starts_with(mark)) text_.erase(0, mark.size());
    }
    const std::string_view line = trim(text_);
    if (line.empty() || line.starts_with('#')) continue;
    if (separator_ == '\0') separator_ = find_separator(text_);
    split(text_, separator_, fields_);
    const auto is_empty = [](std::string_view field) { return field.empty(); };
    if (!std::all_of(fields_.begin(), fields_.end(), is_empty)) return true;
  }
  return false;
}

}  // namespace ganymede
