#include "storage/hdf5/hdf5_file.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <system_error>

#include "base/error.hpp"
#include "storage/hdf5/hdf5_dataset.hpp"
#include "storage/hdf5/hdf5_handle.hpp"

namespace ganymede {
namespace {

static_assert(sizeof(hid_t) == sizeof(std::int64_t), "HDF5 1.10 or later");

// HDF5 locks files by default, which fails on network file systems without locks; nobody else writes ours.
Hdf5Handle file_access() {
  Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS));
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  H5Pset_file_locking(access.get(), false, true);
#endif
  return access;
}

// Rows first .. of the dataset, which has them.
void write_to(const Hdf5Handle& dataset, std::int64_t first, const at::Tensor& rows, const Hdf5Place& place) {
  const at::Tensor source = rows.detach().to(at::kCPU).contiguous();
  const Extents extents = extents_of(dataset, place);
  ensure(
      dtype_of(dataset, place) == source.scalar_type() &&
          source.dim() == static_cast<std::int64_t>(extents.size()) &&
          (extents.empty() || (first + source.size(0) <= static_cast<std::int64_t>(extents[0]) &&
                               std::equal(extents.begin() + 1, extents.end(), source.sizes().begin() + 1))),
      "written rows fit the dataset");
  const Hdf5Handle memory_space = simple_space(Extents(source.sizes().begin(), source.sizes().end()), place);
  const Hdf5Handle file_space =
      extents.empty() ? simple_space({}, place) : select_rows(dataset, extents, first, source.size(0), place);
  check_hdf5(H5Dwrite(dataset.get(), type_of(source.scalar_type(), place).native, memory_space.get(),
                      file_space.get(), H5P_DEFAULT, source.const_data_ptr()),
             place, "write");
}

}  // namespace

Hdf5File Hdf5File::open(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  require(std::filesystem::exists(status), "{}: no such file; expected an HDF5 file", file.string());
  const Hdf5Lock lock;
  // Named, since closing it would clear the error that check_hdf5 reports.
  const Hdf5Handle access = file_access();
  const hid_t id = H5Fopen(file.c_str(), H5F_ACC_RDONLY, access.get());
  check_hdf5(id, {file, ""}, "open: not an HDF5 file or truncated");
  return {file, id, false};
}

Hdf5File Hdf5File::create(const std::filesystem::path& file) {
  const Hdf5Lock lock;
  const Hdf5Handle access = file_access();
  const hid_t id = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, access.get());
  check_hdf5(id, {file, "", true}, "create the file");
  return {file, id, true};
}

Hdf5File::~Hdf5File() {
  if (id_ == 0) return;
  const Hdf5Lock lock;
  H5Fclose(id_);
}

Hdf5File::Hdf5File(Hdf5File&& other) noexcept
    : file_(std::move(other.file_)), id_(std::exchange(other.id_, 0)), writing_(other.writing_) {}

Hdf5File& Hdf5File::operator=(Hdf5File&& other) noexcept {
  std::swap(file_, other.file_);
  std::swap(id_, other.id_);
  std::swap(writing_, other.writing_);
  return *this;
}

void Hdf5File::close() {
  if (id_ == 0) return;
  const Hdf5Lock lock;
  const Hdf5Place place{file_, "", writing_};
  // A failed H5Fclose leaves the handle open, hence the flush first.
  if (writing_) check_hdf5(H5Fflush(id_, H5F_SCOPE_LOCAL), place, "write the file");
  check_hdf5(H5Fclose(std::exchange(id_, 0)), place, "close the file");
}

void Hdf5File::create_tensor(const std::string& name, at::ScalarType dtype, at::IntArrayRef sizes) {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  create_dataset(id_, type_of(dtype, place), simple_space(Extents(sizes.begin(), sizes.end()), place), {},
                 place);
}

void Hdf5File::write_rows(const std::string& name, std::int64_t first, const at::Tensor& rows) {
  if (rows.numel() == 0) return;
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  const Hdf5Handle dataset = open_dataset(id_, place);
  write_to(dataset, first, rows, place);
}

void Hdf5File::write_tensor(const std::string& name, const at::Tensor& tensor) {
  create_tensor(name, tensor.scalar_type(), tensor.sizes());
  write_rows(name, 0, tensor);
}

void Hdf5File::create_rows(const std::string& name, at::ScalarType dtype, at::IntArrayRef row_shape,
                           std::int64_t rows_per_chunk) {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  Extents extents{0}, most{H5S_UNLIMITED}, chunk{static_cast<hsize_t>(rows_per_chunk)};
  for (Extents* sizes : {&extents, &most, &chunk})
    sizes->insert(sizes->end(), row_shape.begin(), row_shape.end());
  const Hdf5Handle space(check_hdf5(
      H5Screate_simple(static_cast<int>(extents.size()), extents.data(), most.data()), place, "create"));
  create_dataset(id_, type_of(dtype, place), space, chunk, place);
}

void Hdf5File::append_rows(const std::string& name, const at::Tensor& rows) {
  if (rows.numel() == 0) return;
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name, true};
  const Hdf5Handle dataset = open_dataset(id_, place);
  Extents extents = extents_of(dataset, place);
  const auto first = static_cast<std::int64_t>(extents.at(0));
  extents[0] += static_cast<hsize_t>(rows.size(0));
  check_hdf5(H5Dset_extent(dataset.get(), extents.data()), place, "lengthen");
  write_to(dataset, first, rows, place);
}

at::Tensor Hdf5File::read_tensor(const std::string& name) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name};
  const Hdf5Handle dataset = open_dataset(id_, place);
  const Extents extents = extents_of(dataset, place);
  const at::ScalarType dtype = dtype_of(dataset, place);
  at::Tensor tensor = at::empty(std::vector<std::int64_t>(extents.begin(), extents.end()), dtype);
  if (tensor.numel() > 0)
    check_hdf5(H5Dread(dataset.get(), type_of(dtype, place).native, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                       tensor.mutable_data_ptr()),
               place, "read");
  return tensor;
}

void Hdf5File::read_rows(const std::string& name, std::int64_t first, std::int64_t count,
                         const at::Tensor& out) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name};
  const Hdf5Handle dataset = open_dataset(id_, place);
  const Extents extents = extents_of(dataset, place);
  if (extents.empty() || first < 0 || count < 0 || first + count > static_cast<std::int64_t>(extents[0]))
    throw DataError(fmt::format("{}: '{}' has {} rows; expected rows {} to {}", file_.string(), name,
                                extents.empty() ? 0 : extents[0], first, first + count - 1));
  ensure(out.is_contiguous() && out.scalar_type() == dtype_of(dataset, place) &&
             out.dim() == static_cast<std::int64_t>(extents.size()) && out.size(0) == count &&
             std::equal(extents.begin() + 1, extents.end(), out.sizes().begin() + 1),
         "the tensor fits the rows to read");
  if (out.numel() == 0) return;
  const Hdf5Handle file_space = select_rows(dataset, extents, first, count, place);
  const Hdf5Handle memory_space = simple_space(Extents(out.sizes().begin(), out.sizes().end()), place);
  check_hdf5(H5Dread(dataset.get(), type_of(out.scalar_type(), place).native, memory_space.get(),
                     file_space.get(), H5P_DEFAULT, out.mutable_data_ptr()),
             place, "read");
}

std::vector<std::int64_t> Hdf5File::shape(const std::string& name) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name};
  const Extents extents = extents_of(open_dataset(id_, place), place);
  return {extents.begin(), extents.end()};
}

at::ScalarType Hdf5File::dtype(const std::string& name) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, name};
  return dtype_of(open_dataset(id_, place), place);
}

bool Hdf5File::contains(const std::string& name) const {
  const Hdf5Lock lock;
  // H5Lexists fails, rather than says no, when a group on the way is missing.
  for (std::size_t end = 0; end != std::string::npos;) {
    end = name.find('/', end + 1);
    if (H5Lexists(id_, name.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
  }
  return true;
}

std::vector<std::string> Hdf5File::names(const std::string& group) const {
  const Hdf5Lock lock;
  const Hdf5Place place{file_, group};
  const Hdf5Handle start(check_hdf5(H5Gopen2(id_, group.c_str(), H5P_DEFAULT), place, "open the group"));
  std::vector<std::string> links;
  const auto collect = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  check_hdf5(H5Lvisit(start.get(), H5_INDEX_NAME, H5_ITER_NATIVE, collect, &links), place, "list");
  const std::string_view bare =
      std::string_view(group).substr(std::min(group.find_first_not_of('/'), group.size()));
  const std::string prefix = bare.empty() ? "" : std::string(bare) + "/";
  std::vector<std::string> datasets;
  for (const std::string& link : links) {
    const Hdf5Handle object(H5Oopen(start.get(), link.c_str(), H5P_DEFAULT));
    if (object.get() > 0 && H5Iget_type(object.get()) == H5I_DATASET) datasets.push_back(prefix + link);
  }
  std::sort(datasets.begin(), datasets.end());
  return datasets;
}

LibraryVersion hdf5_version() {
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return {.name = "HDF5",
          .compiled = fmt::format("{}.{}.{}", H5_VERS_MAJOR, H5_VERS_MINOR, H5_VERS_RELEASE),
          .loaded = fmt::format("{}.{}.{}", major, minor, release)};
}

}  // namespace ganymede
