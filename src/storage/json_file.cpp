#include "storage/json_file.hpp"

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/gzip_file.hpp"

namespace ganymede {

Json read_json(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  try {
    return Json::parse(bytes.begin(), bytes.end());
  } catch (const Json::parse_error& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ..."
    std::string_view text = error.what();
    text.remove_prefix(std::min(text.find("] ") + 2, text.size()));
    throw DataError(fmt::format("{}: not valid JSON: {}", file.string(), text));
  }
}

void write_json_atomically(const std::filesystem::path& file, const Json& json) {
  write_file_atomically(file, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace ganymede
