#include "storage/json_file.hpp"

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/gzip_file.hpp"

namespace ganymede {

Json read_json(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_whole_file(file);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, file);
}

Json parse_json(std::string_view text, const std::filesystem::path& file) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::exception& error) {
    // "[json.exception.parse_error.101] parse error at line 1, column 5: ...", or a number that no double is
    std::string_view what = error.what();
    what.remove_prefix(std::min(what.find("] ") + 2, what.size()));
    throw DataError(fmt::format("{}: not valid JSON: {}", file.string(), what));
  }
}

void write_json_atomically(const std::filesystem::path& file, const Json& json) {
  write_file_atomically(file, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace ganymede
