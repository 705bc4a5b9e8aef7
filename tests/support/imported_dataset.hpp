// What an importer wrote, read back whole, and what it left behind when it failed.
#pragma once

#include <ATen/ops/empty.h>

#include "data/format/dataset_reader.hpp"
#include "data/format/dataset_verification.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/folder_snapshot.hpp"

namespace ganymede {

struct ImportedDataset {
  DatasetIndex index;
  at::Tensor images, labels;  // labels undefined without
};

// Verifies every shard, too.
inline ImportedDataset read_imported(const std::filesystem::path& folder) {
  ImportedDataset dataset{.index = read_dataset_index(folder), .images = {}, .labels = {}};
  const DatasetIndex& index = dataset.index;
  for (std::size_t shard = 0; shard < index.shards.size(); ++shard) verify_shard(index, shard);
  DatasetReader reader(index);
  dataset.images = at::empty(index.spec.sample().sizes(index.samples), index.spec.sample().stored());
  reader.read(index.spec.sample(), 0, index.samples, dataset.images);
  if (index.spec.classes() > 0) {
    dataset.labels = at::empty({index.samples}, at::kLong);
    reader.read(index.spec.fields[1], 0, index.samples, dataset.labels);
  }
  return dataset;
}

// `call` throws with all of `words`, and `folder` is as it was.
template <typename Exception, typename Call>
void expect_nothing_left(const std::filesystem::path& folder, Call call,
                         const std::vector<std::string>& words) {
  const auto before = take_snapshot(folder);
  expect_error<Exception>(call, words);
  EXPECT_TRUE(take_snapshot(folder) == before) << list_names(folder);
}

}  // namespace ganymede
