// A file cannot make HDF5 load a library.
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include "base/error.hpp"
#include "storage/hdf5/hdf5_file.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

constexpr H5Z_filter_t kFilter = 32000;  // of GANYMEDE_HDF5_PLUGIN

// "x" is 0 ... 99, and said to have gone through the filter.
void write_filtered(const std::filesystem::path& path) {
  const hsize_t size = 100, first = 0;
  const hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
              space = H5Screate_simple(1, &size, nullptr), properties = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(properties, 1, &size);
  H5Pset_filter(properties, kFilter, H5Z_FLAG_OPTIONAL, 0, nullptr);  // to be written without it
  const hid_t dataset = H5Dcreate2(file, "x", H5T_STD_I64LE, space, H5P_DEFAULT, properties, H5P_DEFAULT);
  const at::Tensor numbers = at::arange(100);
  EXPECT_GE(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, &first, numbers.nbytes(), numbers.const_data_ptr()), 0);
  H5Dclose(dataset);
  H5Pclose(properties);
  H5Sclose(space);
  H5Fclose(file);
}

TEST(Hdf5Plugins, AreNotLoaded) {
  const TemporaryFolder folder;
  const std::filesystem::path plugin = GANYMEDE_HDF5_PLUGIN;
  const auto is_loaded = [&] { return dlopen(plugin.c_str(), RTLD_LAZY | RTLD_NOLOAD) != nullptr; };
  write_filtered(folder / "file.h5");
  H5PLprepend(plugin.parent_path().c_str());
  const Hdf5File file = Hdf5File::open(folder / "file.h5");
  expect_error<DataError>([&] { file.read_tensor("x"); }, {"file.h5", "'x'"});
  EXPECT_FALSE(is_loaded());
  // HDF5 itself would load it.
  H5PLset_loading_state(H5PL_FILTER_PLUGIN);
  EXPECT_TRUE(at::equal(file.read_tensor("x"), at::arange(100)));
  EXPECT_TRUE(is_loaded());
  H5PLset_loading_state(0);
  H5PLremove(0);
}

}  // namespace
}  // namespace ganymede
