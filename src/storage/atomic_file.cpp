#include "storage/atomic_file.hpp"

#include <signal.h>

#include <array>
#include <charconv>
#include <system_error>

#include "storage/file_descriptor.hpp"

namespace ganymede {
namespace {

constexpr std::string_view kTemporaryMark = ".tmp-";

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

bool is_alive(std::string_view process) {
  pid_t id = 0;
  const auto [end, code] = std::from_chars(process.data(), process.data() + process.size(), id);
  if (code != std::errc{} || end != process.data() + process.size()) return true;
  return ::kill(id, 0) == 0 || errno != ESRCH;
}

}  // namespace

void write_all(const FileDescriptor& output, std::string_view bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const auto count = ::write(output.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    bytes.remove_prefix(static_cast<std::size_t>(check_posix(count, "write", path)));
  }
}

AtomicFile::AtomicFile(std::filesystem::path file)
    : file_(std::move(file)),
      temporary_(temporary_path_beside(file_)),
      output_(std::make_unique<FileDescriptor>(temporary_.path(), O_WRONLY | O_CREAT | O_TRUNC)) {}

AtomicFile::~AtomicFile() {
  if (!output_) return;
  std::error_code ignored;
  std::filesystem::remove(temporary_.path(), ignored);
}

void AtomicFile::write(std::string_view bytes) {
  write_all(*output_, bytes, file_);
}

void AtomicFile::publish() {
  output_->sync(file_);
  output_->close(file_);
  check_posix(::rename(temporary_.path().c_str(), file_.c_str()), "write", file_);
  output_.reset();
  sync_to_disk(folder_of(file_));
}

void write_file_atomically(const std::filesystem::path& file, std::string_view bytes) {
  AtomicFile output(file);
  output.write(bytes);
  output.publish();
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

std::vector<std::filesystem::path> find_leftovers(const std::filesystem::path& path) {
  const std::string own = temporary_path_beside(path).filename().string();
  const std::string prefix = own.substr(0, own.rfind('-') + 1);
  std::vector<std::filesystem::path> leftovers;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(path), none)) {
    const std::string name = entry.path().filename().string();
    if (name == own || (name.starts_with(prefix) && !is_alive(std::string_view(name).substr(prefix.size()))))
      leftovers.push_back(entry.path());
  }
  return leftovers;
}

void remove_temporary_files_of(const std::filesystem::path& file) {
  const std::string prefix = file.filename().string().append(kTemporaryMark);
  std::vector<std::filesystem::path> leftovers;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of(file)))
    if (entry.is_regular_file() && entry.path().filename().string().starts_with(prefix))
      leftovers.push_back(entry.path());
  for (const std::filesystem::path& leftover : leftovers) std::filesystem::remove(leftover);
}

}  // namespace ganymede
