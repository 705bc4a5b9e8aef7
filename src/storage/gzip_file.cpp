#include "storage/gzip_file.hpp"

#include <zlib.h>

#include "storage/file_descriptor.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kFirstBytes = std::size_t{1} << 16;
constexpr std::size_t kMostBytesPerRead = std::size_t{1} << 30;

}  // namespace

GzipReader::GzipReader(const std::filesystem::path& file) : file_(file) {
  check_posix(std::filesystem::is_directory(file) ? (errno = EISDIR, -1) : 0, "read", file);
  errno = 0;
  stream_ = gzopen(file.c_str(), "rb");
  check_posix(stream_ == nullptr ? -1 : 0, "read", file);
}

GzipReader::~GzipReader() {
  gzclose(stream_);
}

std::size_t GzipReader::read(std::uint8_t* out, std::size_t most) {
  const int count = gzread(stream_, out, static_cast<unsigned>(std::min(most, kMostBytesPerRead)));
  int code = Z_OK;
  std::string_view message = gzerror(stream_, &code);
  check_posix(code == Z_ERRNO ? -1 : 0, "read", file_);
  if (count < 0 || code == Z_BUF_ERROR || code == Z_DATA_ERROR) {
    // zlib's message begins with the path, too.
    if (message.starts_with(file_.native())) message.remove_prefix(file_.native().size() + 2);
    throw DataError(
        fmt::format("{}: the gzip stream is {} after {} decompressed bytes ({}); download or copy the file "
                    "again",
                    file_.string(), code == Z_BUF_ERROR ? "truncated" : "corrupt", gztell(stream_), message));
  }
  return static_cast<std::size_t>(count);
}

std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file) {
  GzipReader input(file);
  std::vector<std::uint8_t> bytes(kFirstBytes);
  std::size_t size = 0;
  while (const std::size_t count = input.read(bytes.data() + size, bytes.size() - size)) {
    size += count;
    if (size == bytes.size()) bytes.resize(2 * size);
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace ganymede
