#include "storage/checksum.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <vector>

#include "storage/file_descriptor.hpp"

namespace ganymede {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20;

}  // namespace

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t seed) {
  // zlib takes a null pointer as a request for the initial value.
  if (bytes.empty()) return seed;
  return static_cast<std::uint32_t>(
      ::crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint32_t crc32_of_tensor(const at::Tensor& tensor, std::uint32_t seed) {
  return crc32({static_cast<const std::byte*>(tensor.const_data_ptr()), tensor.nbytes()}, seed);
}

std::uint32_t crc32_of_file(const std::filesystem::path& file, const std::function<bool()>& should_stop) {
  const FileDescriptor input(file, O_RDONLY);
  std::vector<std::byte> block(kBlockBytes);
  std::uint32_t sum = 0;
  for (;;) {
    if (should_stop && should_stop())
      throw Error(fmt::format("stopped on request while {} was being verified", file.string()),
                  ExitCode::stopped_on_request);
    const auto count = check_posix(::read(input.get(), block.data(), block.size()), "read", file);
    if (count == 0) return sum;
    sum = crc32(std::span(block).first(static_cast<std::size_t>(count)), sum);
  }
}

}  // namespace ganymede
