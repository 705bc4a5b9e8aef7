// Small image files for tests, and datasets that the program imports from them.
#pragma once

#include <cstdint>
#include <filesystem>

namespace ganymede {

struct TestImages {
  std::uint32_t samples = 256, height = 28, width = 28;
};

// IDX files without gzip; label of sample s is s % 10.
void write_idx_images(const std::filesystem::path& file, const TestImages& images);
void write_idx_labels(const std::filesystem::path& file, std::uint32_t samples);

// `ganymede dataset import idx` of such images.
void import_test_dataset(const std::filesystem::path& out, const TestImages& images = {}, int shards = 2);

}  // namespace ganymede
