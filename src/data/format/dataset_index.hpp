// A dataset is a folder: index.json and HDF5 shards. datasets/FORMAT.md specifies both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/format/mode_law.hpp"
#include "data/samples/field.hpp"

namespace ganymede {

inline constexpr std::int64_t kDatasetVersion = 1;
inline constexpr std::string_view kIndexFileName = "index.json";

struct ShardEntry {
  std::string file;  // name inside the folder
  std::int64_t samples = 0;
  std::int64_t bytes = 0;
  std::uint32_t crc32 = 0;
};

struct DatasetIndex {
  std::filesystem::path folder;
  std::int64_t samples = 0;
  DataSpec spec = {};
  std::int64_t rows_per_chunk = 64;
  std::vector<ShardEntry> shards = {};
  std::optional<ModeLaw> modes = {};  // of points in the plane, where their law is known
  // Of fields of tokens, by name: how often each value stands in the dataset, [value]. Older datasets have
  // none.
  std::map<std::string, std::vector<std::int64_t>> token_counts = {};

  std::filesystem::path shard_path(std::size_t shard) const { return folder / shards[shard].file; }
};

// Reads and checks the index alone: not every host need have all shards. Throws UserError if there is no such
// folder, DataError if something in it is wrong.
DatasetIndex read_index_file(const std::filesystem::path& folder);

// The same, and the sizes of all shards' files; no shard's contents: verify_shard does that.
DatasetIndex read_dataset_index(const std::filesystem::path& folder);

// Throws DataError if the shard's file is missing or has another size than the index says.
void check_shard_file(const DatasetIndex& index, std::size_t shard);

// Writes index.json into `folder`.
void write_dataset_index(const DatasetIndex& index, const std::filesystem::path& folder);

// Where it lay, if there still is a dataset; an absolute or existing path as it is; another one below
// $GANYMEDE_DATA, then below data/. Throws UserError with the places that were tried.
std::filesystem::path find_dataset(const std::filesystem::path& name_or_path,
                                   const std::optional<std::filesystem::path>& where_it_lay = {});

// Several lines for a person: folder, samples, shape, classes, shards.
std::string describe_dataset(const DatasetIndex& index);

}  // namespace ganymede
