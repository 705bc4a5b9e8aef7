// Files in the format of MNIST (IDX): a magic number, big-endian sizes, big-endian integers. Plain or gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <numeric>
#include <span>
#include <vector>

#include "storage/gzip_file.hpp"

namespace ganymede {

inline constexpr std::uint32_t kIdxImages = 0x00000803;  // unsigned bytes, 3 dimensions
inline constexpr std::uint32_t kIdxLabels = 0x00000801;  // unsigned bytes, 1 dimension

// What the first bytes say.
struct IdxHeader {
  std::filesystem::path path;
  std::vector<std::int64_t> sizes = {};  // [dimension]
  std::int64_t value_bytes = 1;
  bool has_signs = false;

  std::int64_t samples() const { return sizes[0]; }
  std::int64_t values_a_sample() const {
    return std::accumulate(sizes.begin() + 1, sizes.end(), std::int64_t{1}, std::multiplies<>());
  }
  std::int64_t header_bytes() const { return 4 + 4 * static_cast<std::int64_t>(sizes.size()); }
  std::int64_t offset(std::int64_t i) const { return header_bytes() + i * value_bytes; }
};

// Of a file with the dimensions of that magic number; its values may be other integers. Reads the file once:
// it is as long as the header says. Throws DataError.
IdxHeader read_idx_header(const std::filesystem::path& path, std::uint32_t magic);

// The values behind a header, block by block.
class IdxValues {
 public:
  IdxValues(const IdxHeader& header, std::int64_t largest);

  // The next out.size() of them. Throws DataError unless each is from 0 to the largest.
  template <typename Number>
  void read(std::span<Number> out) {
    read_bytes_of(out.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Number>(checked_value(i));
    done_ += static_cast<std::int64_t>(out.size());
  }

 private:
  void read_bytes_of(std::size_t values);
  std::int64_t checked_value(std::size_t i) const;

  const IdxHeader& header_;
  const std::int64_t largest_;
  GzipReader input_;
  std::vector<std::uint8_t> bytes_;
  std::int64_t done_ = 0;
};

}  // namespace ganymede
