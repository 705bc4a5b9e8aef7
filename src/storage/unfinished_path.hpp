// What this process writes under temporary names: a signal that ends it leaves none of it.
#pragma once

#include <filesystem>

namespace ganymede {

// A file or folder that is gone, or has its own name, by the end of this.
class UnfinishedPath {
 public:
  explicit UnfinishedPath(std::filesystem::path path);
  ~UnfinishedPath();
  UnfinishedPath(const UnfinishedPath&) = delete;
  UnfinishedPath& operator=(const UnfinishedPath&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  const std::filesystem::path path_;
};

// From now on SIGHUP, SIGINT and SIGTERM, unless they are ignored, remove those before they end the process.
// Called before there is another thread: it starts one that waits for them.
void remove_unfinished_at_signals();

}  // namespace ganymede
