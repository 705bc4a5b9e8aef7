#include "data/loading/whole_batch.hpp"

#include <ATen/ops/empty.h>

#include "data/format/dataset_reader.hpp"
#include "data/loading/field_assembler.hpp"

namespace ganymede {

Batch read_whole_batch(const DatasetIndex& index, const BatchLoaderOptions& options, std::int64_t at_most) {
  const std::int64_t rows = std::min(index.samples, at_most);
  DatasetReader reader(index);
  Batch batch{.fields = {}, .global_batch_size = rows};
  for (const Field& field : index.spec.fields) {
    const at::Tensor stored = at::empty(field.sizes(rows), field.stored());
    reader.read(field, 0, rows, stored);
    const auto assembler = make_field_assembler(field, options, {.first = 0, .count = rows});
    batch.fields.push_back(assembler->begin(0));
    for (std::int64_t row = 0; row < rows; ++row)
      assembler->write(static_cast<const std::byte*>(stored.const_data_ptr()) + row * field.bytes(),
                       batch.fields.back(), row);
  }
  return batch;
}

}  // namespace ganymede
