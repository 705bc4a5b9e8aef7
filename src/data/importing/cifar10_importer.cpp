#include "data/importing/cifar10_importer.hpp"

#include <ATen/ops/empty.h>

#include <system_error>

#include "base/error.hpp"
#include "data/format/class_names.hpp"
#include "data/format/dataset_writer.hpp"
#include "storage/gzip_file.hpp"
#include "storage/text_lines.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr ImageShape kShape{.channels = 3, .height = 32, .width = 32};
constexpr std::int64_t kRecordBytes = 1 + 3 * 32 * 32;
constexpr std::int64_t kClasses = 10;
constexpr std::int64_t kBlockRows = 1000;

std::int64_t count_records(const fs::path& file) {
  std::error_code error;
  const auto bytes = static_cast<std::int64_t>(fs::file_size(file, error));
  require(!error, "{}: cannot read ({}); expected a file of CIFAR-10's binary version", file.string(),
          error.message());
  if (bytes == 0 || bytes % kRecordBytes != 0)
    throw DataError(
        fmt::format("{}: truncated at byte {}: {} records of {} bytes and {} bytes more; expected "
                    "whole records: download the file again",
                    file.string(), bytes, bytes / kRecordBytes, kRecordBytes, bytes % kRecordBytes));
  return bytes / kRecordBytes;
}

std::vector<std::string> read_class_names(const fs::path& folder) {
  const fs::path file = folder / "batches.meta.txt";
  std::error_code error;
  if (!fs::exists(file, error)) return numbered_classes(kClasses);
  std::vector<std::string> names;
  std::string line;
  for (TextLines lines(file); lines.next(line);)
    if (!line.empty()) names.push_back(line);
  if (static_cast<std::int64_t>(names.size()) != kClasses)
    throw DataError(fmt::format("{}: {} names of classes; expected {}, one a line", file.string(),
                                names.size(), kClasses));
  return names;
}

void append_file(const fs::path& file, std::int64_t records, DatasetWriter& writer) {
  GzipReader input(file);
  std::vector<std::uint8_t> record(kRecordBytes);
  for (std::int64_t first = 0; first < records; first += kBlockRows) {
    const std::int64_t count = std::min(kBlockRows, records - first);
    const at::Tensor images = at::empty({count, kShape.channels, kShape.height, kShape.width}, at::kByte);
    const at::Tensor labels = at::empty({count}, at::kLong);
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t sample = first + i;
      if (input.read(record.data(), record.size()) < record.size())
        throw DataError(fmt::format("{}: the file ends in record {}; expected {} records", file.string(),
                                    sample, records));
      if (record[0] >= kClasses)
        throw DataError(
            fmt::format("{}: byte {}: the label of record {} is {}; expected 0 to {}: is it a file of "
                        "CIFAR-10's binary version?",
                        file.string(), sample * kRecordBytes, sample, record[0], kClasses - 1));
      labels.mutable_data_ptr<std::int64_t>()[i] = record[0];
      std::copy(record.begin() + 1, record.end(),
                images.mutable_data_ptr<std::uint8_t>() + i * kShape.pixels());
    }
    writer.append(images, labels);
  }
}

}  // namespace

DatasetIndex import_cifar10(const Cifar10ImportOptions& options) {
  require(fs::is_directory(options.folder), "{}: no such folder; expected the one with data_batch_1.bin",
          options.folder.string());
  require(!options.files.empty(), "no files are named; expected at least one, such as data_batch_1.bin");
  std::vector<std::int64_t> records;
  std::int64_t samples = 0;
  for (const std::string& file : options.files) {
    records.push_back(count_records(options.folder / file));
    samples += records.back();
  }
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .spec = image_spec(kShape, read_class_names(options.folder)),
                        .shards = options.shards});
  for (std::size_t i = 0; i < records.size(); ++i)
    append_file(options.folder / options.files[i], records[i], writer);
  return writer.finish();
}

}  // namespace ganymede
