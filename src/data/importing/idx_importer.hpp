// Imports the IDX files of MNIST and Fashion-MNIST (http://yann.lecun.com/exdb/mnist), gzip or not.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct IdxImportOptions {
  std::filesystem::path images;
  std::optional<std::filesystem::path> labels = {};
  std::filesystem::path out;  // must not exist
  int shards = 1;
  std::vector<std::string> class_names = {};  // empty: the labels' numbers, from the smallest to the largest
};

// data/class_names.hpp says which labels make which classes. Throws UserError for a wrong option or path,
// DataError with file and byte for a wrong file. A failed import leaves nothing behind.
DatasetIndex import_idx(const IdxImportOptions& options);

}  // namespace ganymede
