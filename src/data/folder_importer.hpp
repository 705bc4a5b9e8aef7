// Imports a folder of pictures, PNG and JPEG.
#pragma once

#include <filesystem>

#include "data/dataset_index.hpp"

namespace ganymede {

struct FolderImportOptions {
  std::filesystem::path folder;
  std::filesystem::path out;  // must not exist
  ImageShape shape = {};      // that all pictures get, see data/image_fit.hpp; 1 or 3 channels
  int shards = 1;
};

// Each sub-folder is a class of that name; pictures right in the folder have no labels. The order is that of
// the names, byte by byte. Hidden files are left out, files of other kinds too, with a warning. Holds a few
// dozen pictures in memory. Throws UserError for a wrong option or path, DataError for a picture or folder
// that is wrong. A failed import leaves nothing behind.
DatasetIndex import_folder(const FolderImportOptions& options);

}  // namespace ganymede
