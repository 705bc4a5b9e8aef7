// Writes a dataset shard by shard. The folder appears under its name only in finish(); until then, and if
// anything fails, nothing of it is there.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "data/format/dataset_index.hpp"
#include "storage/hdf5/hdf5_file.hpp"
#include "storage/pending_folder.hpp"

namespace ganymede {

// The names are an attribute of each shard, and an HDF5 attribute has 64 KiB: 16 bytes a text.
inline constexpr std::int64_t kMostClasses = 4000;

struct DatasetWriterOptions {
  std::filesystem::path folder;
  std::int64_t samples = 0;  // that append() will get in all
  DataSpec spec = {};
  int shards = 1;  // the samples are divided as evenly as possible, in their order
  std::int64_t rows_per_chunk = 64;
  std::optional<ModeLaw> modes = {};  // of points in the plane, where their law is known
};

class DatasetWriter {
 public:
  // Throws UserError if the folder exists or cannot be made, or the options make no sense.
  explicit DatasetWriter(DatasetWriterOptions options);

  // n samples: of each field a tensor [n, shape...] of its stored type, in the order of the spec.
  void append(const std::vector<at::Tensor>& fields);
  // The same of samples with labels, or without: then `labels` is undefined.
  void append(const at::Tensor& samples, const at::Tensor& labels) {
    append(labels.defined() ? std::vector{samples, labels} : std::vector{samples});
  }

  // Publishes; `samples` samples must have been appended.
  DatasetIndex finish();

 private:
  void count_tokens(const std::vector<at::Tensor>& fields);
  void open_shard();
  void close_shard();
  std::int64_t shard_samples(std::size_t shard) const;

  DatasetWriterOptions options_;
  PendingFolder folder_;
  DatasetIndex index_;  // of what is written so far
  std::optional<Hdf5File> shard_;
  std::int64_t rows_in_shard_ = 0;
};

}  // namespace ganymede
