#include "evaluation/real_samples.hpp"

#include <ATen/ops/empty.h>

#include "data/format/dataset_reader.hpp"

namespace ganymede {

RealSamples read_real_samples(const DatasetIndex& index, std::int64_t at_most) {
  const std::int64_t rows = index.rows_per_chunk;
  const std::int64_t chunks = (index.samples + rows - 1) / rows;
  const std::int64_t wanted =
      index.samples <= at_most ? chunks : std::clamp<std::int64_t>(at_most / rows, 1, chunks);
  const Field& sample = index.spec.sample();
  const auto label = index.spec.find(Meaning::label);
  RealSamples real{.samples = at::empty(sample.sizes(wanted * rows), sample.stored()), .labels = {}};
  if (label) real.labels = at::empty({wanted * rows}, at::kLong);
  DatasetReader reader(index);
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < wanted; ++i) {
    const std::int64_t first = i * chunks / wanted * rows;
    const std::int64_t count = std::min(rows, index.samples - first);
    reader.read(sample, first, count, real.samples.narrow(0, read, count));
    if (label) reader.read(index.spec.fields[*label], first, count, real.labels.narrow(0, read, count));
    read += count;
  }
  real.samples = real.samples.narrow(0, 0, read);
  if (label) real.labels = real.labels.narrow(0, 0, read);
  return real;
}

}  // namespace ganymede
