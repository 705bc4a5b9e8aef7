#include "storage/json_lines.hpp"

#include <string>
#include <string_view>

#include "storage/file_descriptor.hpp"
#include "storage/gzip_file.hpp"

namespace ganymede {
namespace {

std::string read_complete_lines(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  std::string text(bytes.begin(), bytes.end());
  text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: no complete line
  return text;
}

}  // namespace

JsonLinesWriter::JsonLinesWriter(const std::filesystem::path& file)
    : file_(file), output_(std::make_unique<FileDescriptor>(file, O_WRONLY | O_CREAT | O_APPEND)) {
  complete_bytes_ = static_cast<std::int64_t>(read_complete_lines(file).size());
  check_posix(::ftruncate(output_->get(), complete_bytes_), "shorten", file);
}

JsonLinesWriter::~JsonLinesWriter() = default;
JsonLinesWriter::JsonLinesWriter(JsonLinesWriter&&) noexcept = default;
JsonLinesWriter& JsonLinesWriter::operator=(JsonLinesWriter&&) noexcept = default;

void JsonLinesWriter::write(const Json& value) {
  const std::string line = value.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  try {
    write_all(*output_, line, file_);
  } catch (...) {
    // What a full disk took of the line; the next one begins a line of its own.
    check_posix(::ftruncate(output_->get(), complete_bytes_), "shorten", file_);
    throw;
  }
  complete_bytes_ += static_cast<std::int64_t>(line.size());
}

void JsonLinesWriter::sync() {
  output_->sync(file_);
}

std::vector<Json> read_json_lines(const std::filesystem::path& file) {
  const std::string text = read_complete_lines(file);
  std::vector<Json> values;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    Json value = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                             text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, false);
    if (value.is_discarded())
      throw DataError(fmt::format("{}:{}: not valid JSON: {}; remove the line", file.string(),
                                  values.size() + 1, std::string_view(text).substr(begin, end - begin)));
    values.push_back(std::move(value));
    begin = end + 1;
  }
  return values;
}

}  // namespace ganymede
