#include "storage/png_image.hpp"

#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <png.h>

#include <string>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/gzip_file.hpp"
#include "storage/picture_size.hpp"

namespace ganymede {
namespace {

// libpng's control structure for one picture.
class PngImage {
 public:
  PngImage() { image_.version = PNG_IMAGE_VERSION; }
  ~PngImage() { png_image_free(&image_); }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;

  png_image* get() { return &image_; }
  png_image* operator->() { return &image_; }

  // libpng's calls return 0 on failure and leave a message.
  void check(int result, std::string_view operation, const std::filesystem::path& file) const {
    if (result == 0) throw DataError(fmt::format("{}: {} ({})", file.string(), operation, image_.message));
  }

 private:
  png_image image_{};
};

// From the first chunk, IHDR; what is too short to have one is left to libpng.
void check_announced_size(std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
  constexpr std::size_t kWidth = 16, kHeight = 20;
  if (bytes.size() < kHeight + 4 || png_sig_cmp(bytes.data(), 0, 8) != 0) return;
  check_picture_size(png_get_uint_32(bytes.data() + kWidth), png_get_uint_32(bytes.data() + kHeight), file);
}

}  // namespace

void write_png(const std::filesystem::path& file, const at::Tensor& image) {
  require(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) &&
              image.scalar_type() == at::kByte && image.numel() > 0,
          "{}: a picture is uint8 [1 or 3 channels, height, width]; this tensor is {} [{}]", file.string(),
          toString(image.scalar_type()), fmt::join(image.sizes(), ", "));
  const at::Tensor rows = image.permute({1, 2, 0}).contiguous();  // [height, width, channels]
  PngImage png;
  png->height = static_cast<png_uint_32>(image.size(1));
  png->width = static_cast<png_uint_32>(image.size(2));
  png->format = image.size(0) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*png.get());
  std::string bytes(size, '\0');
  png.check(png_image_write_to_memory(png.get(), bytes.data(), &size, 0, rows.const_data_ptr(), 0, nullptr),
            "cannot encode the picture", file);
  write_file_atomically(file, std::string_view(bytes).substr(0, size));
}

at::Tensor read_png(const std::filesystem::path& file) {
  return decode_png(read_whole_file(file), file);
}

at::Tensor decode_png(std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
  check_announced_size(bytes, file);
  PngImage png;
  png.check(png_image_begin_read_from_memory(png.get(), bytes.data(), bytes.size()),
            "not a PNG file, or truncated", file);
  // Otherwise 16-bit samples without a gamma are taken for linear light, and brightened.
  png->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  const bool colour = (png->format & PNG_FORMAT_FLAG_COLOR) != 0;
  png->format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  // Without a background colour libpng lays transparent pixels over what the buffer holds.
  const at::Tensor rows = at::zeros({png->height, png->width, colour ? 3 : 1}, at::kByte);
  png.check(png_image_finish_read(png.get(), nullptr, rows.mutable_data_ptr(), 0, nullptr),
            "the PNG file is truncated or corrupt", file);
  return rows.permute({2, 0, 1}).contiguous();
}

}  // namespace ganymede
