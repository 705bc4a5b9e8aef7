// Imports CIFAR-10's binary version (https://www.cs.toronto.edu/~kriz/cifar.html): records of a label and
// 3 x 32 x 32 pixels.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct Cifar10ImportOptions {
  std::filesystem::path folder;
  std::filesystem::path out;  // must not exist
  // Inside the folder, in this order.
  std::vector<std::string> files = {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin",
                                    "data_batch_4.bin", "data_batch_5.bin"};
  int shards = 1;
};

// The folder's batches.meta.txt names the classes; without it they are "0" to "9". Throws UserError for a
// wrong option or path, DataError with file and byte for a wrong file. A failed import leaves nothing behind.
DatasetIndex import_cifar10(const Cifar10ImportOptions& options);

}  // namespace ganymede
