#include "storage/folder_lock.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "storage/file_descriptor.hpp"

namespace ganymede {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

// Without a slash at the end, which would be a folder more.
fs::path absolute_folder(const fs::path& folder) {
  const fs::path plain = fs::absolute(folder).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

bool is_file_at(const FileDescriptor& file, const fs::path& path) {
  struct stat own {
  }, there{};
  return ::fstat(file.get(), &own) == 0 && ::stat(path.c_str(), &there) == 0 && own.st_ino == there.st_ino &&
         own.st_dev == there.st_dev;
}

}  // namespace

FolderLock::FolderLock(const fs::path& folder, FolderLockOptions options)
    : FolderLock(folder, std::move(options), /*only_new=*/false) {}

std::unique_ptr<FolderLock> FolderLock::of_new_folder(const fs::path& folder, FolderLockOptions options) {
  std::unique_ptr<FolderLock> lock(new FolderLock(folder, std::move(options), /*only_new=*/true));
  return lock->held_ ? std::move(lock) : nullptr;
}

FolderLock::FolderLock(const fs::path& folder, FolderLockOptions options, bool only_new)
    : folder_(absolute_folder(folder)),
      file_(folder_ / kFileName),
      options_(std::move(options)),
      claim_(make_claim(options_.identity)),
      own_(folder_ / fmt::format("{}.{}-{}", kFileName, claim_.owner.pid, claim_.token)) {
  try {
    if (!make_folders() && only_new) return;
    acquire();
    heart_ = std::thread([this] { beat_until_stopped(); });
  } catch (...) {
    ::unlink((held_ ? file_ : own_).c_str());
    remove_made_folders();
    throw;
  }
}

FolderLock::~FolderLock() {
  if (held_) {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
      changed_.notify_all();
    }
    heart_.join();
    const auto claim = read_claim(file_);
    if (claim && claim->token == claim_.token) ::unlink(file_.c_str());
  }
  remove_made_folders();
}

// Whether the folder itself was made by this call.
bool FolderLock::make_folders() try {
  if (fs::exists(folder_) && !fs::is_directory(folder_))
    throw UserError(fmt::format("{}: this is no folder; choose another one with --run", folder_.string()));
  std::vector<fs::path> missing;
  for (fs::path path = folder_; !fs::exists(path) && path.has_relative_path(); path = path.parent_path())
    missing.push_back(path);
  bool made = false;
  for (auto path = missing.rbegin(); path != missing.rend(); ++path) {
    made = fs::create_directory(*path);  // false where another process was faster
    if (made) made_.push_back(*path);
  }
  return made;
} catch (const fs::filesystem_error& error) {
  throw_path_error(error.code().value(),
                   fmt::format("{}: cannot make the run folder: {}; choose a writable folder with --run",
                               folder_.string(), error.code().message()));
}

// Only empty ones go.
void FolderLock::remove_made_folders() {
  for (; !made_.empty(); made_.pop_back()) ::rmdir(made_.back().c_str());
}

void FolderLock::write_own() const {
  const FileDescriptor own(own_, O_WRONLY | O_CREAT | O_TRUNC);
  write_all(own, to_text(claim_), own_);
  own.sync(own_);
}

void FolderLock::acquire() {
  try {
    write_own();
  } catch (const UserError&) {
    if (fs::exists(folder_)) throw;
    make_folders();  // a process that failed to start has removed its own a moment ago
    write_own();
  }
  while (!(held_ = link_own())) {
    const auto claim = read_claim(file_);
    if (!claim) continue;  // given back a moment ago
    if (lives(*claim))
      throw UserError(
          fmt::format("{}: another process works in this run folder: {}; wait for its end, or choose another "
                      "folder with --run",
                      folder_.string(), describe(*claim)));
    remove_dead(*claim);
  }
  ::unlink(own_.c_str());
}

// NFS may report a failure of a call that it has done, when the answer was lost: the file itself tells.
bool FolderLock::link_own() const {
  if (::link(own_.c_str(), file_.c_str()) == 0) return true;
  const int code = errno;
  std::error_code missing;
  if (fs::equivalent(own_, file_, missing)) return true;
  if (code == EEXIST) return false;
  if (code != EPERM && code != EOPNOTSUPP && code != ENOSYS) {
    errno = code;
    check_posix(-1, "lock", file_);
  }
  // A file system without links.
  const int made = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (made < 0 && errno == EEXIST) return false;
  check_posix(made, "lock", file_);
  const std::string text = to_text(claim_);
  const auto written = ::write(made, text.data(), text.size());
  ::close(made);
  if (written < 0) ::unlink(file_.c_str());
  return check_posix(written, "lock", file_) > 0;
}

// Of a process on another host: whether its count grows, for as long as it may take.
bool FolderLock::lives(const LockClaim& claim) const {
  if (!claim.token.empty())
    if (const auto alive = is_alive(claim.owner)) return *alive;
  timespec beaten{}, now{};
  const auto read = read_claim(file_, &beaten);
  if (!read || read->text != claim.text) return read.has_value();
  ::utimensat(AT_FDCWD, own_.c_str(), nullptr, 0);  // the server's time, if the folder is on one
  read_claim(own_, &now);
  if (std::chrono::seconds(now.tv_sec - beaten.tv_sec) > options_.stale) return false;
  spdlog::info("{}: looking whether another process still works here: {}", folder_.string(), describe(claim));
  const auto pause = std::min<std::chrono::milliseconds>(options_.beat / 4, std::chrono::seconds(1));
  for (const auto begin = steady_clock::now(); steady_clock::now() - begin < options_.stale;) {
    std::this_thread::sleep_for(pause);
    const auto later = read_claim(file_);
    if (!later || later->text != claim.text) return later.has_value();
  }
  return false;
}

// One process at a time removes, or a slow one would take away the lock that a fast one got after the same
// dead owner. The system ends the guard's own lock with its process.
void FolderLock::remove_dead(const LockClaim& dead) const {
  const fs::path guard = fs::path(file_).concat(".takeover");
  const FileDescriptor guard_file(guard, O_RDWR | O_CREAT);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  while (::fcntl(guard_file.get(), F_OFD_SETLKW, &whole) != 0)
    if (errno != EINTR) break;  // a file system without such locks: all that is left is to be quick
  if (!is_file_at(guard_file, guard)) return;  // who had it before has removed it
  const auto claim = read_claim(file_);
  if (claim && (dead.token.empty() ? claim->text == dead.text : claim->token == dead.token))
    ::unlink(file_.c_str());
  ::unlink(guard.c_str());
}

void FolderLock::beat_until_stopped() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, options_.beat, [&] { return stopping_; }))
    if (!beat()) return;
}

// False once the lock is another's. A file system that does not answer is no reason to end: another process
// cannot take the lock there either, and the next beat tells.
bool FolderLock::beat() try {
  ++claim_.beats;
  const auto found = read_claim(file_);
  if (!found) {  // removed by hand
    write_own();
    link_own();
    ::unlink(own_.c_str());
  } else if (found->token == claim_.token) {
    const FileDescriptor file(file_, O_WRONLY);
    const std::string text = to_text(claim_);
    check_posix(::pwrite(file.get(), text.data(), text.size(), 0), "write", file_);
  } else {
    if (options_.on_lost)
      options_.on_lost(
          fmt::format("{}: another process has taken over this run folder: {}; this one gave no sign "
                      "of life for {} s, and ends",
                      folder_.string(), describe(*found),
                      std::chrono::duration_cast<std::chrono::seconds>(options_.stale).count()));
    return false;
  }
  return true;
} catch (const std::exception&) {
  return true;
}

}  // namespace ganymede
