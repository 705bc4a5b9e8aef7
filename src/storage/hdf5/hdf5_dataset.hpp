// Types, shapes and selections of HDF5 datasets; for the sources of storage/ only, under an Hdf5Lock.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "storage/hdf5/hdf5_handle.hpp"

namespace ganymede {

using Extents = std::vector<hsize_t>;

// Little-endian on disk whatever the machine; HDF5 converts.
struct Hdf5Type {
  at::ScalarType dtype;
  hid_t stored, native;
};
// Throws UserError for a dtype that files do not hold.
Hdf5Type type_of(at::ScalarType dtype, const Hdf5Place& place);

Hdf5Handle open_dataset(std::int64_t file, const Hdf5Place& place);
Extents extents_of(const Hdf5Handle& dataset, const Hdf5Place& place);
// Throws DataError for a type that tensors do not have.
at::ScalarType dtype_of(const Hdf5Handle& dataset, const Hdf5Place& place);

// Chunked unless `chunk` is empty; makes the groups on the way.
Hdf5Handle create_dataset(std::int64_t file, const Hdf5Type& type, const Hdf5Handle& space,
                          const Extents& chunk, const Hdf5Place& place);

Hdf5Handle simple_space(const Extents& extents, const Hdf5Place& place);
// The dataset's space with rows first .. first + count - 1 selected.
Hdf5Handle select_rows(const Hdf5Handle& dataset, const Extents& extents, std::int64_t first,
                       std::int64_t count, const Hdf5Place& place);

}  // namespace ganymede
