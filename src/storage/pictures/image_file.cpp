#include "storage/pictures/image_file.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "storage/file_descriptor.hpp"
#include "storage/pictures/jpeg_image.hpp"
#include "storage/pictures/png_image.hpp"

namespace ganymede {
namespace {

constexpr std::uint8_t kPngSignature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
constexpr std::uint8_t kJpegSignature[] = {0xFF, 0xD8, 0xFF};
constexpr std::int64_t kMostBytes = std::int64_t{1} << 30;

std::vector<std::uint8_t> read_bytes(const std::filesystem::path& file) {
  const FileDescriptor input(file, O_RDONLY);
  struct stat status {};
  check_posix(::fstat(input.get(), &status), "read", file);
  check_posix(S_ISDIR(status.st_mode) ? (errno = EISDIR, -1) : 0, "read", file);
  if (status.st_size > kMostBytes)
    throw DataError(fmt::format("{}: the picture has {} bytes; expected at most {}", file.string(),
                                status.st_size, kMostBytes));
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto count =
        check_posix(::read(input.get(), bytes.data() + done, bytes.size() - done), "read", file);
    if (count == 0) break;
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

template <std::size_t N>
bool begins_with(const std::vector<std::uint8_t>& bytes, const std::uint8_t (&signature)[N]) {
  return bytes.size() >= N && std::equal(signature, signature + N, bytes.begin());
}

// What people take for PNG or JPEG by its name.
std::string_view other_kind(const std::vector<std::uint8_t>& bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("RIFF") && text.substr(std::min<std::size_t>(text.size(), 8)).starts_with("WEBP"))
    return " (it is WebP)";
  if (text.starts_with("GIF8")) return " (it is GIF)";
  if (text.starts_with("BM")) return " (it is BMP)";
  if (text.starts_with("<")) return " (it is HTML or XML)";
  return "";
}

}  // namespace

at::Tensor read_image(const std::filesystem::path& file) {
  const std::vector<std::uint8_t> bytes = read_bytes(file);
  if (begins_with(bytes, kPngSignature)) return decode_png(bytes, file);
  if (begins_with(bytes, kJpegSignature)) return decode_jpeg(bytes, file);
  throw DataError(fmt::format("{}: byte 0: neither the signature of PNG nor of JPEG{}, in a file of {} bytes",
                              file.string(), other_kind(bytes), bytes.size()));
}

}  // namespace ganymede
