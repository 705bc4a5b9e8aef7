#include "storage/atomic_file.hpp"

#include <array>
#include <system_error>

#include "storage/file_descriptor.hpp"

namespace ganymede {
namespace {

constexpr std::string_view kTemporaryMark = ".tmp-";

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

void write_all(const FileDescriptor& output, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto count = ::write(output.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    bytes.remove_prefix(static_cast<std::size_t>(check_posix(count, "write", path)));
  }
}

void write_file_atomically(const std::filesystem::path& file, std::string_view bytes) {
  const std::filesystem::path temporary = temporary_path_beside(file);
  try {
    FileDescriptor output(temporary, O_WRONLY | O_CREAT | O_TRUNC);
    write_all(output, bytes, file);
    output.sync(file);
    output.close(file);
    check_posix(::rename(temporary.c_str(), file.c_str()), "write", file);
  } catch (...) {
    std::error_code ignored;
    std::filesystem::remove(temporary, ignored);
    throw;
  }
  sync_to_disk(folder_of(file));
}

void sync_to_disk(const std::filesystem::path& file_or_folder) {
  const FileDescriptor descriptor(file_or_folder, O_RDONLY);
  descriptor.sync(file_or_folder);
}

std::filesystem::path temporary_path_beside(const std::filesystem::path& path) {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::filesystem::path temporary = path;
  temporary += fmt::format("{}{}-{}", kTemporaryMark, host.data(), ::getpid());
  return temporary;
}

bool is_temporary_name(std::string_view name) {
  return name.find(kTemporaryMark) != std::string_view::npos;
}

}  // namespace ganymede
