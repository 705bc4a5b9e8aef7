// HDF5 files as values: tensors in and out by name ("images", "networks/generator"), attributes on the root.
// Any thread may use a file, one at a time. A file opened for reading throws DataError when it is not what it
// should be; a file being written throws UserError when the place does not take it; both throw DiskError when
// the disk is full or fails.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/library_version.hpp"

namespace ganymede {

class Hdf5File {
 public:
  static Hdf5File open(const std::filesystem::path& file);    // read-only
  static Hdf5File create(const std::filesystem::path& file);  // replaces an older file
  ~Hdf5File();
  Hdf5File(Hdf5File&& other) noexcept;
  Hdf5File& operator=(Hdf5File&& other) noexcept;

  // Writes what is still buffered. The destructor does so too, but cannot report a full disk.
  void close();

  // Datasets are uint8, int32, int64, float32 or float64; the groups on the way are made. No filter: reading
  // whole chunks is then fastest.

  // In one piece, of any shape, filled by write_rows.
  void create_tensor(const std::string& name, at::ScalarType dtype, at::IntArrayRef sizes);
  // Rows first .. of a dataset that has them.
  void write_rows(const std::string& name, std::int64_t first, const at::Tensor& rows);
  // The same at once.
  void write_tensor(const std::string& name, const at::Tensor& tensor);

  // In chunks, empty at first: [0, row_shape...], lengthened by append_rows.
  void create_rows(const std::string& name, at::ScalarType dtype, at::IntArrayRef row_shape,
                   std::int64_t rows_per_chunk);
  void append_rows(const std::string& name, const at::Tensor& rows);

  at::Tensor read_tensor(const std::string& name) const;
  // Rows first .. first + count - 1 into the memory of `out`: contiguous, of the dataset's dtype, with
  // `count` rows.
  void read_rows(const std::string& name, std::int64_t first, std::int64_t count,
                 const at::Tensor& out) const;
  std::vector<std::int64_t> shape(const std::string& name) const;
  at::ScalarType dtype(const std::string& name) const;
  bool contains(const std::string& name) const;
  // Sorted paths, from the root, of the datasets below a group; "/" is all of them.
  std::vector<std::string> names(const std::string& group = "/") const;

  void write_attribute(const std::string& name, std::int64_t value);
  void write_attribute(const std::string& name, const std::string& value);
  void write_attribute(const std::string& name, const std::vector<std::string>& values);
  bool contains_attribute(const std::string& name) const;
  std::int64_t integer_attribute(const std::string& name) const;
  std::string text_attribute(const std::string& name) const;
  std::vector<std::string> text_list_attribute(const std::string& name) const;

  const std::filesystem::path& path() const { return file_; }

 private:
  Hdf5File(std::filesystem::path file, std::int64_t id, bool writing)
      : file_(std::move(file)), id_(id), writing_(writing) {}

  std::filesystem::path file_;
  std::int64_t id_ = 0;  // HDF5's hid_t; 0 once closed or moved from
  bool writing_ = false;
};

LibraryVersion hdf5_version();

}  // namespace ganymede
