// One process at a time works in a run's folder, on whichever host it is.
//
// The folder's file run.lock says who: host, pid, since when, and a count that grows every `beat`. It is made
// by link(), which is atomic on NFS too, and it outlives its process, so whoever finds one asks whether its
// owner lives: on the owner's own host the table of processes knows; from elsewhere the count tells, which
// stands still for `stale` once the owner is dead. Only the file server's times and one's own clock are
// compared, never the clocks of two hosts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "storage/lock_claim.hpp"

namespace ganymede {

struct FolderLockOptions {
  std::chrono::milliseconds beat = std::chrono::seconds(10);
  // Six beats: longer than a busy file server makes a write wait, short enough for a job that its cluster
  // starts again on another node.
  std::chrono::milliseconds stale = std::chrono::seconds(60);
  // Another process took the lock, since this one gave no sign of life. From a thread of the lock; may be
  // empty.
  std::function<void(const std::string& message)> on_lost = {};
  ProcessIdentity identity = own_identity();
};

class FolderLock {
 public:
  // Makes the folder if it is not there. Throws UserError, with the owner's name, while another process has
  // it, or when the folder cannot be written. May wait up to `stale` for an owner on another host.
  explicit FolderLock(const std::filesystem::path& folder, FolderLockOptions options = {});
  // The same for a folder that is made by this call and no other; null if there is one already.
  static std::unique_ptr<FolderLock> of_new_folder(const std::filesystem::path& folder,
                                                   FolderLockOptions options = {});
  // Gives the lock back, and removes the folders that were made for it if nothing else was put there.
  ~FolderLock();
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

  static constexpr const char* kFileName = "run.lock";

 private:
  FolderLock(const std::filesystem::path& folder, FolderLockOptions options, bool only_new);

  bool make_folders();
  void remove_made_folders();
  void write_own() const;
  void acquire();
  bool link_own() const;
  bool lives(const LockClaim& claim) const;
  void remove_dead(const LockClaim& dead) const;
  void beat_until_stopped();
  bool beat();

  const std::filesystem::path folder_, file_;
  const FolderLockOptions options_;
  LockClaim claim_;
  const std::filesystem::path own_;  // a name of this process's own for its claim, before it is the folder's
  std::vector<std::filesystem::path> made_;
  bool held_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread heart_;
};

}  // namespace ganymede
