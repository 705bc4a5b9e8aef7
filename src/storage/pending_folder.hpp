// A folder that appears under its name only when it is complete: datasets and checkpoints are built in one.
// One process builds one folder; publish() is the last thing it does with it.
#pragma once

#include <filesystem>
#include <memory>

#include "storage/unfinished_path.hpp"

namespace ganymede {

class PendingFolder {
 public:
  // Makes the temporary folder beside `final_path`, and removes those that dead processes of this host left
  // there. Throws UserError if `final_path` exists already or the place is not writable, DiskError
  // if the disk is full or fails.
  explicit PendingFolder(const std::filesystem::path& final_path);
  // Unless it was published, removes the folder, and those above it that were made for it and are empty.
  ~PendingFolder();
  PendingFolder(PendingFolder&& other) noexcept;
  PendingFolder& operator=(PendingFolder&& other) noexcept;

  // Where to write; the name it will have.
  const std::filesystem::path& path() const { return temporary_->path(); }
  const std::filesystem::path& final_path() const { return final_; }

  // Syncs every file and folder inside, renames, syncs the parent. Throws UserError if the name was taken
  // in the meantime.
  void publish();

 private:
  std::filesystem::path final_;
  std::unique_ptr<UnfinishedPath> temporary_;  // none once published
  int made_parents_ = 0;                       // how many of the folders right above it are new
};

}  // namespace ganymede
