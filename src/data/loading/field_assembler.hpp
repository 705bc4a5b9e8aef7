// One field on its way from stored rows into batches: what is done with it goes by its meaning.
#pragma once

#include <cstddef>
#include <memory>

#include "data/loading/batch_loader_options.hpp"
#include "data/samples/batch.hpp"
#include "data/samples/field.hpp"

namespace ganymede {

// One thread at a time. Batches' memory is used again once nobody holds it.
class FieldAssembler {
 public:
  virtual ~FieldAssembler() = default;

  // Begins batch `number`: memory for it, [places, shape...] with any contents.
  virtual at::Tensor begin(std::int64_t number) = 0;
  // Fills the row of `place` in that memory from a stored one.
  virtual void write(const std::byte* stored, const at::Tensor& batch, std::int64_t place) = 0;
};

// places: of this rank in every global batch.
std::unique_ptr<FieldAssembler> make_field_assembler(const Field& field, const BatchLoaderOptions& options,
                                                     PlaceRange places);

}  // namespace ganymede
