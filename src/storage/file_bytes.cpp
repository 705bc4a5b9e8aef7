#include "storage/file_bytes.hpp"

#include <ATen/ops/empty.h>
#include <sys/stat.h>

#include "storage/file_descriptor.hpp"

namespace ganymede {

at::Tensor read_file_of_size(const std::filesystem::path& file, std::int64_t bytes) {
  const FileDescriptor input(file, O_RDONLY);
  struct stat status {};
  check_posix(::fstat(input.get(), &status), "read", file);
  if (status.st_size != bytes)
    throw DataError(fmt::format("{}: the file has {} bytes, expected {}: it is damaged", file.string(),
                                status.st_size, bytes));
  at::Tensor content = at::empty({bytes}, at::kByte);
  auto* place = content.mutable_data_ptr<std::uint8_t>();
  for (std::int64_t done = 0; done < bytes;) {
    const auto count =
        check_posix(::read(input.get(), place + done, static_cast<std::size_t>(bytes - done)), "read", file);
    if (count == 0)
      throw DataError(fmt::format("{}: it ends after {} bytes, expected {}", file.string(), done, bytes));
    done += count;
  }
  return content;
}

}  // namespace ganymede
