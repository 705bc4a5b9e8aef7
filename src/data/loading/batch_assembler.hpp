// Copies the rows of a rank's places, as numbers, into batches whose memory is used again.
#pragma once

#include <memory>
#include <optional>

#include "data/format/dataset_index.hpp"
#include "data/loading/batch_loader_options.hpp"
#include "data/loading/field_assembler.hpp"
#include "data/loading/row_window.hpp"
#include "data/samples/batch.hpp"

namespace ganymede {

// One thread at a time.
class BatchAssembler {
 public:
  // streams: fill this rank's places, one after another.
  BatchAssembler(const DataSpec& spec, const BatchLoaderOptions& options, PlaceRange places,
                 std::vector<RowStream*> streams);

  // Batch `number` of an epoch, numbers one after another. Nothing once the streams are closed.
  std::optional<Batch> assemble(std::int64_t number, std::int64_t epoch);

 private:
  // The window of a stream that rows are taken from.
  struct Taking {
    RowStream* stream;
    RowWindow window = {};
    std::size_t next = 0;  // in window.order
  };

  static bool has_row(Taking& from);
  bool write_rows(Taking& from, std::int64_t first_place, Batch& batch);
  void prefetch_sample(const Taking& from) const;
  const std::byte* stored(const Taking& from, std::size_t field, std::int64_t row) const;

  std::int64_t global_batch_size_;
  PlaceRange places_;
  std::vector<std::int64_t> bytes_;                          // [field], of a sample
  std::vector<std::unique_ptr<FieldAssembler>> assemblers_;  // [field]
  std::vector<Taking> streams_;
};

}  // namespace ganymede
