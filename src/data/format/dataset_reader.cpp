#include "data/format/dataset_reader.hpp"

#include "base/error.hpp"
#include "data/format/dataset_verification.hpp"

namespace ganymede {
namespace {

// A process may have about 1,000 open files; a dataset may have more shards.
constexpr std::size_t kMostOpenShards = 64;

}  // namespace

DatasetReader::DatasetReader(DatasetIndex index) : index_(std::move(index)), first_samples_{0} {
  for (const ShardEntry& shard : index_.shards)
    first_samples_.push_back(first_samples_.back() + shard.samples);
}

void DatasetReader::read(const Field& field, std::int64_t first, std::int64_t count, const at::Tensor& out) {
  ensure(first >= 0 && count >= 0 && first + count <= index_.samples && out.size(0) >= count,
         "rows to read are in the dataset and fit the tensor");
  const auto after = std::upper_bound(first_samples_.begin(), first_samples_.end(), first);
  auto number = static_cast<std::size_t>(after - first_samples_.begin()) - 1;
  for (std::int64_t done = 0; done < count; ++number) {
    const std::int64_t row = first + done - first_samples_[number];
    const std::int64_t rows = std::min(count - done, index_.shards[number].samples - row);
    shard(number).read_rows(field.name, row, rows, out.narrow(0, done, rows));
    done += rows;
  }
}

const Hdf5File& DatasetReader::shard(std::size_t number) {
  if (const auto found = open_.find(number); found != open_.end()) return found->second;
  if (opening_order_.size() == kMostOpenShards) {
    open_.erase(opening_order_.front());
    opening_order_.pop_front();
  }
  check_shard_file(index_, number);
  Hdf5File file = Hdf5File::open(index_.shard_path(number));
  check_shard_datasets(index_, number, file);
  opening_order_.push_back(number);
  return open_.emplace(number, std::move(file)).first->second;
}

}  // namespace ganymede
