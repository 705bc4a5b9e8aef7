#include "data/format/dataset_writer.hpp"

#include "base/error.hpp"
#include "base/utf8.hpp"
#include "storage/checksum.hpp"

namespace ganymede {
namespace {

DatasetWriterOptions checked(DatasetWriterOptions options) {
  require(options.samples > 0, "{}: there are 0 samples to write; expected at least one",
          options.folder.string());
  require(options.shards >= 1, "the number of shards is {}; expected at least 1", options.shards);
  require(options.shards <= options.samples, "{} shards for {} samples; expected at most {} shards",
          options.shards, options.samples, options.samples);
  require(options.rows_per_chunk >= 1, "rows per chunk is {}; expected at least 1", options.rows_per_chunk);
  require(options.spec.classes() <= kMostClasses, "{}: {} classes; expected at most {}",
          options.folder.string(), options.spec.classes(), kMostClasses);
  for (const std::string& name : options.spec.class_names())
    require(is_utf8(name),
            "the class name '{}' is not UTF-8, which the dataset's files need; write it in UTF-8", name);
  ensure(!options.spec.fields.empty() && options.spec.sample().elements() > 0, "samples have contents");
  return options;
}

}  // namespace

DatasetWriter::DatasetWriter(DatasetWriterOptions options)
    : options_(checked(std::move(options))),
      folder_(options_.folder),
      index_{.folder = options_.folder,
             .spec = options_.spec,
             .rows_per_chunk = options_.rows_per_chunk,
             .modes = options_.modes} {}

void DatasetWriter::append(const std::vector<at::Tensor>& fields) {
  const std::vector<Field>& specified = index_.spec.fields;
  ensure(fields.size() == specified.size(), "each field is appended");
  const std::int64_t count = fields.front().size(0);
  for (std::size_t i = 0; i < fields.size(); ++i)
    ensure(fields[i].scalar_type() == specified[i].stored() && fields[i].sizes() == specified[i].sizes(count),
           "appended samples have the dataset's types and shapes");
  ensure(index_.samples + count <= options_.samples, "no more samples are appended than announced");
  count_tokens(fields);
  for (std::int64_t done = 0; done < count;) {
    if (!shard_) open_shard();
    const std::int64_t rows = std::min(count - done, shard_samples(index_.shards.size()) - rows_in_shard_);
    shard_->append_rows(specified.front().name, fields.front().narrow(0, done, rows));
    for (std::size_t i = 1; i < fields.size(); ++i)
      shard_->write_rows(specified[i].name, rows_in_shard_, fields[i].narrow(0, done, rows));
    done += rows;
    rows_in_shard_ += rows;
    index_.samples += rows;
    if (rows_in_shard_ == shard_samples(index_.shards.size())) close_shard();
  }
}

DatasetIndex DatasetWriter::finish() {
  ensure(index_.samples == options_.samples, "as many samples are appended as announced");
  write_dataset_index(index_, folder_.path());
  folder_.publish();
  return index_;
}

void DatasetWriter::count_tokens(const std::vector<at::Tensor>& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = index_.spec.fields[i];
    if (field.meaning != Meaning::tokens) continue;
    std::vector<std::int64_t>& counts = index_.token_counts[field.name];
    counts.resize(static_cast<std::size_t>(field.values));
    const auto* tokens = fields[i].const_data_ptr<std::int32_t>();
    for (std::int64_t token = 0; token < fields[i].numel(); ++token)
      if (tokens[token] >= 0 && tokens[token] < field.values)  // others are check_values' to refuse
        ++counts[static_cast<std::size_t>(tokens[token])];
  }
}

void DatasetWriter::open_shard() {
  const std::string name = fmt::format("shard_{:05}.h5", index_.shards.size());
  const std::int64_t samples = shard_samples(index_.shards.size());
  const std::int64_t rows_per_chunk = std::min(options_.rows_per_chunk, samples);
  const Field& sample = index_.spec.sample();
  shard_ = Hdf5File::create(folder_.path() / name);
  shard_->write_attribute("format_version", kDatasetVersion);
  shard_->write_attribute("samples", samples);
  if (index_.spec.classes() > 0) shard_->write_attribute("class_names", index_.spec.class_names());
  shard_->create_rows(sample.name, sample.stored(), sample.shape, rows_per_chunk);
  // Not chunked: a reader of one chunk of samples then reads no more than its rows of the other fields.
  for (std::size_t i = 1; i < index_.spec.fields.size(); ++i) {
    const Field& field = index_.spec.fields[i];
    shard_->create_tensor(field.name, field.stored(), field.sizes(samples));
  }
  rows_in_shard_ = 0;
}

void DatasetWriter::close_shard() {
  const std::filesystem::path path = shard_->path();
  shard_->close();
  shard_.reset();
  index_.shards.push_back({.file = path.filename().string(),
                           .samples = rows_in_shard_,
                           .bytes = static_cast<std::int64_t>(std::filesystem::file_size(path)),
                           .crc32 = crc32_of_file(path)});
}

std::int64_t DatasetWriter::shard_samples(std::size_t shard) const {
  const std::int64_t even = options_.samples / options_.shards;
  return even + (static_cast<std::int64_t>(shard) < options_.samples % options_.shards ? 1 : 0);
}

}  // namespace ganymede
