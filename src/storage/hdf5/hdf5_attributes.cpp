// The attributes of Hdf5File, all on the root group. Texts are UTF-8 of variable length, as h5py writes them;
// those of fixed length are read too.
#include <cstdlib>
#include <cstring>

#include "base/error.hpp"
#include "storage/hdf5/hdf5_file.hpp"
#include "storage/hdf5/hdf5_handle.hpp"

namespace ganymede {
namespace {

Hdf5Handle text_type(const Hdf5Place& place) {
  Hdf5Handle type(check_hdf5(H5Tcopy(H5T_C_S1), place, "write the attribute"));
  check_hdf5(H5Tset_size(type.get(), H5T_VARIABLE), place, "write the attribute");
  check_hdf5(H5Tset_cset(type.get(), H5T_CSET_UTF8), place, "write the attribute");
  return type;
}

void write(std::int64_t file, hid_t stored, hid_t native, const Hdf5Handle& space, const void* value,
           const Hdf5Place& place) {
  const Hdf5Handle attribute(check_hdf5(
      H5Acreate2(file, std::string(place.name).c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT), place,
      "create the attribute"));
  check_hdf5(H5Awrite(attribute.get(), native, value), place, "write the attribute");
}

Hdf5Handle open_attribute(std::int64_t file, const Hdf5Place& place) {
  return Hdf5Handle(
      check_hdf5(H5Aopen(file, std::string(place.name).c_str(), H5P_DEFAULT), place, "find the attribute"));
}

void require_class(const Hdf5Handle& type, H5T_class_t expected, std::string_view words,
                   const Hdf5Place& place) {
  if (H5Tget_class(type.get()) != expected)
    throw DataError(fmt::format("{}: the attribute '{}' has another type; expected {}", place.file.string(),
                                place.name, words));
}

std::vector<std::string> read_variable_texts(const Hdf5Handle& attribute, const Hdf5Handle& type,
                                             const Hdf5Handle& space, std::size_t count,
                                             const Hdf5Place& place) {
  // The character set must match the file's, so the memory type is a copy of it.
  std::vector<char*> pointers(count, nullptr);
  check_hdf5(H5Aread(attribute.get(), type.get(), pointers.data()), place, "read the attribute");
  std::vector<std::string> texts;
  for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
  check_hdf5(H5Dvlen_reclaim(type.get(), space.get(), H5P_DEFAULT, pointers.data()), place,
             "read the attribute");
  return texts;
}

std::vector<std::string> read_fixed_texts(const Hdf5Handle& attribute, const Hdf5Handle& type,
                                          std::size_t count, const Hdf5Place& place) {
  const std::size_t width = H5Tget_size(type.get());
  std::string bytes(count * width, '\0');
  check_hdf5(H5Aread(attribute.get(), type.get(), bytes.data()), place, "read the attribute");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = bytes.data() + i * width;
    texts.emplace_back(text, strnlen(text, width));
  }
  return texts;
}

std::vector<std::string> read_texts(std::int64_t file, const Hdf5Place& place) {
  const Hdf5Handle attribute = open_attribute(file, place);
  const Hdf5Handle type(check_hdf5(H5Aget_type(attribute.get()), place, "read the attribute"));
  require_class(type, H5T_STRING, "text", place);
  const Hdf5Handle space(check_hdf5(H5Aget_space(attribute.get()), place, "read the attribute"));
  const auto count = static_cast<std::size_t>(
      check_hdf5(H5Sget_simple_extent_npoints(space.get()), place, "read the attribute"));
  if (count == 0) return {};
  if (check_hdf5(H5Tis_variable_str(type.get()), place, "read the attribute") > 0)
    return read_variable_texts(attribute, type, space, count, place);
  return read_fixed_texts(attribute, type, count, place);
}

}  // namespace

void Hdf5File::write_attribute(const std::string& name, std::int64_t value) {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  const Hdf5Handle space(check_hdf5(H5Screate(H5S_SCALAR), place, "write the attribute"));
  write(id_, H5T_STD_I64LE, H5T_NATIVE_INT64, space, &value, place);
}

void Hdf5File::write_attribute(const std::string& name, const std::string& value) {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  const Hdf5Handle space(check_hdf5(H5Screate(H5S_SCALAR), place, "write the attribute"));
  const Hdf5Handle type = text_type(place);
  const char* pointer = value.c_str();
  write(id_, type.get(), type.get(), space, &pointer, place);
}

void Hdf5File::write_attribute(const std::string& name, const std::vector<std::string>& values) {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  const hsize_t count = values.size();
  const Hdf5Handle space(check_hdf5(H5Screate_simple(1, &count, nullptr), place, "write the attribute"));
  const Hdf5Handle type = text_type(place);
  std::vector<const char*> pointers;
  for (const std::string& value : values) pointers.push_back(value.c_str());
  // HDF5 refuses a null buffer, even for no values.
  pointers.push_back(nullptr);
  write(id_, type.get(), type.get(), space, pointers.data(), place);
}

bool Hdf5File::contains_attribute(const std::string& name) const {
  const Hdf5Lock lock;
  return check_hdf5(H5Aexists(id_, name.c_str()), {file_, name}, "look for the attribute") > 0;
}

std::int64_t Hdf5File::integer_attribute(const std::string& name) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name};
  const Hdf5Handle attribute = open_attribute(id_, place);
  const Hdf5Handle type(check_hdf5(H5Aget_type(attribute.get()), place, "read the attribute"));
  require_class(type, H5T_INTEGER, "an integer", place);
  const Hdf5Handle space(check_hdf5(H5Aget_space(attribute.get()), place, "read the attribute"));
  if (H5Sget_simple_extent_npoints(space.get()) != 1)
    throw DataError(
        fmt::format("{}: the attribute '{}' is a list; expected one integer", file_.string(), name));
  std::int64_t value = 0;
  check_hdf5(H5Aread(attribute.get(), H5T_NATIVE_INT64, &value), place, "read the attribute");
  return value;
}

std::string Hdf5File::text_attribute(const std::string& name) const {
  const Hdf5Lock lock;
  const std::vector<std::string> texts = read_texts(id_, {file_, name});
  if (texts.size() != 1)
    throw DataError(fmt::format("{}: the attribute '{}' holds {} texts; expected one", file_.string(), name,
                                texts.size()));
  return texts.front();
}

std::vector<std::string> Hdf5File::text_list_attribute(const std::string& name) const {
  const Hdf5Lock lock;
  return read_texts(id_, {file_, name});
}

}  // namespace ganymede
