// Imports tables of pixels 0 to 255, one image a row. data/number_table.hpp says what is a table.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/format/dataset_index.hpp"

namespace ganymede {

enum class LabelColumn { none, first, last };

struct CsvImportOptions {
  std::filesystem::path file;
  std::filesystem::path out;  // must not exist
  ImageShape shape = {};      // of each row: all of a channel, then all of the next one
  LabelColumn label_column = LabelColumn::last;
  std::vector<std::string> class_names = {};  // empty: the labels' numbers, from the smallest to the largest
  int shards = 1;
};

// data/class_names.hpp says which labels make which classes. Reads the file twice, a row at a time. Throws
// UserError for a wrong option or path, DataError with line and column for a wrong file. A failed
// import leaves nothing behind.
DatasetIndex import_csv(const CsvImportOptions& options);

}  // namespace ganymede
