// Imports tables of pixels, one image a row: numbers 0 to 255 with commas between, plain or gzip.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset_index.hpp"

namespace ganymede {

enum class LabelColumn { none, first, last };

struct CsvImportOptions {
  std::filesystem::path file;
  std::filesystem::path out;  // must not exist
  ImageShape shape = {};      // of each row: all of a channel, then all of the next one
  LabelColumn label_column = LabelColumn::last;
  std::vector<std::string> class_names = {};  // [label]; empty: "0", "1", ... up to the largest label
  int shards = 1;
};

// Passes over a first line without any number, and over empty lines. Reads the file twice, a row at a time.
// Throws UserError for a wrong option or path, DataError with line and column for a wrong file. A failed
// import leaves nothing behind.
DatasetIndex import_csv(const CsvImportOptions& options);

}  // namespace ganymede
