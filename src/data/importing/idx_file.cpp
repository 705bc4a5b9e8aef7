#include "data/importing/idx_file.hpp"

#include "base/error.hpp"
#include "data/importing/import_shape.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kReadTogether = std::size_t{1} << 20;

// Bytes of a value of the type that a magic number names; 0 of one that is no integer.
std::int64_t value_bytes(std::uint32_t magic) {
  switch (magic >> 8) {
    case 0x08:
    case 0x09:
      return 1;
    case 0x0B:
      return 2;
    case 0x0C:
      return 4;
    default:
      return 0;
  }
}

// 4 bytes, most significant first.
std::uint32_t big_endian(std::span<const std::uint8_t> bytes, std::size_t offset,
                         const std::filesystem::path& path) {
  if (bytes.size() < offset + 4)
    throw DataError(fmt::format("{}: truncated: the header needs bytes {} to {}, the file has {} bytes",
                                path.string(), offset, offset + 3, bytes.size()));
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | bytes[offset + i];
  return value;
}

std::string_view kind_of(std::uint32_t magic) {
  if (magic == kIdxImages) return " (IDX images)";
  if (magic == kIdxLabels) return " (IDX labels)";
  if (magic >> 8 == 0x0D || magic >> 8 == 0x0E) return " (IDX of numbers with a fraction)";
  return "";
}

void check_sizes(const IdxHeader& header) {
  if (header.samples() == 0)
    throw DataError(fmt::format("{}: byte 4: 0 samples; expected at least one", header.path.string()));
  for (std::size_t i = 1; i < header.sizes.size(); ++i)
    if (header.sizes[i] < 1 || header.sizes[i] > kLargestSide)
      throw DataError(fmt::format("{}: byte {}: the {} is {}; expected 1 to {}", header.path.string(),
                                  4 + 4 * i, i == 1 ? "height" : "width", header.sizes[i], kLargestSide));
}

// found: bytes after the header.
void check_length(const IdxHeader& header, std::int64_t found) {
  const std::int64_t expected = header.samples() * header.values_a_sample() * header.value_bytes;
  if (found < expected)
    throw DataError(
        fmt::format("{}: truncated at byte {}: the header says {} samples = {} bytes after it, the "
                    "file has {}",
                    header.path.string(), header.header_bytes() + found, header.samples(), expected, found));
  if (found > expected)
    throw DataError(
        fmt::format("{}: byte {}: {} bytes too many; the header says {} samples = {} bytes after it",
                    header.path.string(), header.header_bytes() + expected, found - expected,
                    header.samples(), expected));
}

}  // namespace

IdxHeader read_idx_header(const std::filesystem::path& path, std::uint32_t magic) {
  GzipReader input(path);
  const std::size_t dimensions = magic & 0xFF;
  std::vector<std::uint8_t> bytes(4 + 4 * dimensions);
  bytes.resize(input.read(bytes.data(), bytes.size()));
  const std::uint32_t found = big_endian(bytes, 0, path);
  if ((found & 0xFF) != dimensions || value_bytes(found) == 0)
    throw DataError(fmt::format("{}: byte 0: magic number 0x{:08x}{}; expected 0x{:08x}{}", path.string(),
                                found, kind_of(found), magic, kind_of(magic)));
  IdxHeader header{.path = path, .value_bytes = value_bytes(found), .has_signs = found >> 8 != 0x08};
  for (std::size_t i = 0; i < dimensions; ++i) header.sizes.push_back(big_endian(bytes, 4 + 4 * i, path));
  check_sizes(header);
  std::int64_t length = 0;
  std::vector<std::uint8_t> passed(kReadTogether);
  while (const std::size_t count = input.read(passed.data(), passed.size()))
    length += static_cast<std::int64_t>(count);
  check_length(header, length);
  return header;
}

IdxValues::IdxValues(const IdxHeader& header, std::int64_t largest)
    : header_(header), largest_(largest), input_(header.path) {
  bytes_.resize(static_cast<std::size_t>(header_.header_bytes()));
  input_.read(bytes_.data(), bytes_.size());
}

void IdxValues::read_bytes_of(std::size_t values) {
  bytes_.resize(values * static_cast<std::size_t>(header_.value_bytes));
  if (input_.read(bytes_.data(), bytes_.size()) < bytes_.size())
    throw DataError(fmt::format("{}: it changed while it was read; import it again", header_.path.string()));
}

std::int64_t IdxValues::checked_value(std::size_t i) const {
  const std::uint8_t* byte = bytes_.data() + i * static_cast<std::size_t>(header_.value_bytes);
  std::uint64_t bits = header_.has_signs && byte[0] >= 0x80 ? ~std::uint64_t{0} : 0;
  for (std::int64_t b = 0; b < header_.value_bytes; ++b) bits = bits << 8 | byte[b];
  const auto value = static_cast<std::int64_t>(bits);
  if (value < 0 || value > largest_)
    throw DataError(fmt::format("{}: byte {}: {}; expected 0 to {}", header_.path.string(),
                                header_.offset(done_ + static_cast<std::int64_t>(i)), value, largest_));
  return value;
}

}  // namespace ganymede
