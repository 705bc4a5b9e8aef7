#include "storage/hdf5/hdf5_dataset.hpp"

#include <string>

#include "base/error.hpp"

namespace ganymede {
namespace {

std::vector<Hdf5Type> known_types() {
  return {{at::kByte, H5T_STD_U8LE, H5T_NATIVE_UINT8},
          {at::kInt, H5T_STD_I32LE, H5T_NATIVE_INT32},
          {at::kLong, H5T_STD_I64LE, H5T_NATIVE_INT64},
          {at::kFloat, H5T_IEEE_F32LE, H5T_NATIVE_FLOAT},
          {at::kDouble, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE}};
}

Hdf5Handle creation_properties(const Extents& chunk, const Hdf5Place& place) {
  Hdf5Handle properties(check_hdf5(H5Pcreate(H5P_DATASET_CREATE), place, "create"));
  // Without time stamps the same tensors make the same bytes, hence the same checksum.
  check_hdf5(H5Pset_obj_track_times(properties.get(), false), place, "create");
  // Its place in the file does not depend on what is written when.
  if (chunk.empty())
    check_hdf5(H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY), place, "create");
  else
    check_hdf5(H5Pset_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()), place, "chunk");
  return properties;
}

}  // namespace

Hdf5Type type_of(at::ScalarType dtype, const Hdf5Place& place) {
  for (const Hdf5Type& type : known_types())
    if (type.dtype == dtype) return type;
  throw UserError(fmt::format("{}: '{}' has dtype {}; expected uint8, int32, int64, float32 or float64",
                              place.file.string(), place.name, toString(dtype)));
}

Hdf5Handle open_dataset(std::int64_t file, const Hdf5Place& place) {
  return Hdf5Handle(check_hdf5(H5Dopen2(file, std::string(place.name).c_str(), H5P_DEFAULT), place, "open"));
}

Extents extents_of(const Hdf5Handle& dataset, const Hdf5Place& place) {
  const Hdf5Handle space(check_hdf5(H5Dget_space(dataset.get()), place, "read the shape of"));
  const int rank = check_hdf5(H5Sget_simple_extent_ndims(space.get()), place, "read the shape of");
  Extents extents(static_cast<std::size_t>(rank));
  check_hdf5(H5Sget_simple_extent_dims(space.get(), extents.data(), nullptr), place, "read the shape of");
  return extents;
}

at::ScalarType dtype_of(const Hdf5Handle& dataset, const Hdf5Place& place) {
  const Hdf5Handle stored(check_hdf5(H5Dget_type(dataset.get()), place, "read the type of"));
  const Hdf5Handle native(
      check_hdf5(H5Tget_native_type(stored.get(), H5T_DIR_ASCEND), place, "read the type of"));
  for (const Hdf5Type& type : known_types())
    if (H5Tequal(native.get(), type.native) > 0) return type.dtype;
  throw DataError(
      fmt::format("{}: '{}' has an unknown type; expected uint8, int32, int64, float32 or float64",
                  place.file.string(), place.name));
}

Hdf5Handle create_dataset(std::int64_t file, const Hdf5Type& type, const Hdf5Handle& space,
                          const Extents& chunk, const Hdf5Place& place) {
  const Hdf5Handle links(check_hdf5(H5Pcreate(H5P_LINK_CREATE), place, "create"));
  check_hdf5(H5Pset_create_intermediate_group(links.get(), 1), place, "create");
  const Hdf5Handle properties = creation_properties(chunk, place);
  return Hdf5Handle(check_hdf5(H5Dcreate2(file, std::string(place.name).c_str(), type.stored, space.get(),
                                          links.get(), properties.get(), H5P_DEFAULT),
                               place, "create"));
}

Hdf5Handle select_rows(const Hdf5Handle& dataset, const Extents& extents, std::int64_t first,
                       std::int64_t count, const Hdf5Place& place) {
  Hdf5Handle space(check_hdf5(H5Dget_space(dataset.get()), place, "select rows of"));
  Extents start(extents.size(), 0), size = extents;
  start[0] = static_cast<hsize_t>(first);
  size[0] = static_cast<hsize_t>(count);
  check_hdf5(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
             place, "select rows of");
  return space;
}

Hdf5Handle simple_space(const Extents& extents, const Hdf5Place& place) {
  if (extents.empty()) return Hdf5Handle(check_hdf5(H5Screate(H5S_SCALAR), place, "create"));
  return Hdf5Handle(check_hdf5(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                               place, "create"));
}

}  // namespace ganymede
