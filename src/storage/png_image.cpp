#include "storage/png_image.hpp"

#include <ATen/ops/empty.h>
#include <png.h>

#include <string>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/exif_orientation.hpp"
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

// [height, width, channels and alpha] without the alpha. The stored values are mixed, as viewers do; libpng
// itself would mix light, which makes half transparent white brighter than half of 255.
at::Tensor over_black(const at::Tensor& rows) {
  const std::int64_t channels = rows.size(2) - 1;
  const at::Tensor opaque = at::empty({rows.size(0), rows.size(1), channels}, at::kByte);
  const std::uint8_t* in = rows.const_data_ptr<std::uint8_t>();
  std::uint8_t* out = opaque.mutable_data_ptr<std::uint8_t>();
  for (const std::uint8_t* end = in + rows.numel(); in != end; ++in) {
    const std::uint8_t alpha = in[channels];
    for (std::int64_t channel = 0; channel < channels; ++channel)
      *out++ = static_cast<std::uint8_t>((*in++ * alpha + 127) / 255);
  }
  return opaque;
}

// From the chunk eXIf of a file that has been decoded; 1 if there is none.
int find_orientation(std::span<const std::uint8_t> bytes) {
  constexpr std::size_t kSignature = 8, kPrefix = 8,
                        kChecksum = 4;  // a chunk's prefix is its length and name
  constexpr std::string_view name = "eXIf";
  for (std::size_t chunk = kSignature; bytes.size() - chunk >= kPrefix;) {
    const std::size_t length = png_get_uint_32(bytes.data() + chunk), left = bytes.size() - chunk - kPrefix;
    if (length > left) return 1;
    if (std::equal(name.begin(), name.end(), bytes.data() + chunk + 4))
      return exif_orientation(bytes.subspan(chunk + kPrefix, length));
    if (left - length < kChecksum) return 1;
    chunk += kPrefix + length + kChecksum;
  }
  return 1;
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
  const bool alpha = (png->format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png->format = (colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY) | (alpha ? PNG_FORMAT_FLAG_ALPHA : 0);
  const at::Tensor rows =
      at::empty({png->height, png->width, PNG_IMAGE_SAMPLE_CHANNELS(png->format)}, at::kByte);
  png.check(png_image_finish_read(png.get(), nullptr, rows.mutable_data_ptr(), 0, nullptr),
            "the PNG file is truncated or corrupt", file);
  const at::Tensor image = (alpha ? over_black(rows) : rows).permute({2, 0, 1});
  return turn_upright(image, find_orientation(bytes)).contiguous();
}

}  // namespace ganymede
