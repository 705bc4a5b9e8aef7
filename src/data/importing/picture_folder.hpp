// The pictures below a folder, and the classes that its sub-folders are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace ganymede {

struct PictureFolder {
  std::vector<std::filesystem::path> files;   // those of a class together, in the order of their names' bytes
  std::vector<std::int64_t> labels = {};      // [file]; empty without classes
  std::vector<std::string> class_names = {};  // in natural order; UTF-8
};

// PNG and JPEG files by their names. Left out are hidden files, what operating systems leave in folders, and,
// with a warning, files of other kinds. Throws UserError if there is no such folder, DataError if it has no
// pictures, or pictures beside sub-folders, or deeper ones.
PictureFolder find_pictures(const std::filesystem::path& folder);

// Without the files for which keep[file] is false, and without classes that have no files left.
PictureFolder keep_pictures(const PictureFolder& pictures, const std::vector<bool>& keep);

}  // namespace ganymede
