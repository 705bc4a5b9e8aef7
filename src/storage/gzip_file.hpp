// Files, gzip or not, whole or piece by piece.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

struct gzFile_s;  // zlib's

namespace ganymede {

// The decompressed bytes if the file is gzip, else the bytes as they are.
class GzipReader {
 public:
  // Throws UserError if the file cannot be opened.
  explicit GzipReader(const std::filesystem::path& file);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  // Bytes read, at most 1 GiB: fewer than that and than asked for only at the end. Throws DataError if the
  // gzip stream is truncated or corrupt.
  std::size_t read(std::uint8_t* out, std::size_t most);

 private:
  std::filesystem::path file_;
  gzFile_s* stream_;
};

// All of it, with the same errors.
std::vector<std::uint8_t> read_whole_file(const std::filesystem::path& file);

}  // namespace ganymede
