// Imports a folder of pictures, PNG and JPEG.
#pragma once

#include <filesystem>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct FolderImportOptions {
  std::filesystem::path folder;
  std::filesystem::path out;  // must not exist
  ImageShape shape = {};      // that all pictures get, see data/image_fit.hpp; 1 or 3 channels
  int shards = 1;
  bool skip_bad = false;  // leave out pictures that cannot be read
};

// Each sub-folder is a class of that name; pictures right in the folder have no labels.
// data/picture_folder.hpp says which files and which order. Holds a few dozen pictures in memory. Throws
// UserError for a wrong option or path, DataError for a folder that is wrong, or with all pictures that
// cannot be read. With skip_bad these are left out with a warning, and so is a class that has no others. A
// failed import leaves nothing behind.
DatasetIndex import_folder(const FolderImportOptions& options);

}  // namespace ganymede
