// Images side by side in one PNG, as a person wants to see them.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <optional>

#include "storage/pictures/png_image.hpp"

namespace ganymede {

struct SampleGridOptions {
  std::int64_t count = 0;     // images in all
  double low = -1, high = 1;  // of numbers that are black and white
  std::int64_t columns = 0;   // 0: as square as count allows
};

// Rows are filled from the left, small images enlarged by a whole factor. One or two channels show the first
// as grey, three or more the first three as colours; what is not a number is black. No more than a row of
// images is kept.
class SampleGrid {
 public:
  SampleGrid(std::filesystem::path file, const SampleGridOptions& options);

  // The next images, [some, channels, height, width], all of one shape.
  void append(const at::Tensor& images);
  // After the last image: the file gets its name.
  void publish();

 private:
  void open(const at::Tensor& pixels);
  void write_row();

  const std::filesystem::path file_;
  const SampleGridOptions options_;
  const std::int64_t columns_;
  std::int64_t factor_ = 1, appended_ = 0, in_row_ = 0;
  at::Tensor row_;  // uint8 [1 or 3, a gap and an image's height, the grid's width], before enlarging
  std::optional<PngWriter> picture_;
};

}  // namespace ganymede
