#include "storage/pictures/png_image.hpp"

#include <ATen/ops/empty.h>
#include <png.h>

#include <csetjmp>
#include <string>

#include "base/error.hpp"
#include "storage/atomic_file.hpp"
#include "storage/gzip_file.hpp"
#include "storage/pictures/exif_orientation.hpp"
#include "storage/pictures/picture_size.hpp"

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

// libpng leaves its calls by longjmp when they fail: nothing with a destructor may live in them.
struct PngWriter::Encoder {
  explicit Encoder(const std::filesystem::path& target) : path(target), file(target) {
    png = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, note_error, ignore_warning);
    info = png != nullptr ? png_create_info_struct(png) : nullptr;
    if (info == nullptr) throw std::bad_alloc();
    png_set_write_fn(png, this, keep_bytes, nullptr);
  }
  ~Encoder() { png_destroy_write_struct(&png, &info); }
  Encoder(const Encoder&) = delete;
  Encoder& operator=(const Encoder&) = delete;

  // Makes calls to libpng and writes what they have encoded.
  template <typename Calls>
  void make(const Calls& calls) {
    if (setjmp(png_jmpbuf(png)) != 0)
      throw UserError(fmt::format("{}: cannot encode the picture ({})", path.string(), message));
    calls();
    file.write(encoded);
    encoded.clear();
  }

  static void note_error(png_structp png, png_const_charp text) {
    auto* self = static_cast<Encoder*>(png_get_error_ptr(png));
    fmt::format_to_n(self->message, sizeof(self->message) - 1, "{}", text);
    png_longjmp(png, 1);
  }
  static void ignore_warning(png_structp, png_const_charp) {}
  static void keep_bytes(png_structp png, png_bytep bytes, png_size_t count) {
    static_cast<Encoder*>(png_get_io_ptr(png))->encoded.append(reinterpret_cast<const char*>(bytes), count);
  }

  std::filesystem::path path;
  AtomicFile file;
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::int64_t channels = 0, width = 0;
  std::string encoded;
  char message[128] = "";
};

PngWriter::PngWriter(const std::filesystem::path& file, std::int64_t channels, std::int64_t height,
                     std::int64_t width)
    : encoder_(std::make_unique<Encoder>(file)) {
  ensure((channels == 1 || channels == 3) && height > 0 && width > 0,
         "a picture is grey or RGB, and not empty");
  Encoder& to = *encoder_;
  to.channels = channels;
  to.width = width;
  to.make([&] {
    png_set_user_limits(to.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(to.png, to.info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
                 /*bit_depth=*/8, channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(to.png, to.info);
  });
}

PngWriter::~PngWriter() = default;

void PngWriter::append(const at::Tensor& rows) {
  Encoder& to = *encoder_;
  ensure(rows.dim() == 3 && rows.size(0) == to.channels && rows.size(2) == to.width &&
             rows.scalar_type() == at::kByte,
         "appended rows fit the picture");
  const at::Tensor pixels = rows.permute({1, 2, 0}).contiguous();  // [some, width, channels]
  const auto* row = pixels.const_data_ptr<std::uint8_t>();
  for (std::int64_t i = 0; i < pixels.size(0); ++i, row += to.width * to.channels)
    to.make([&] { png_write_row(to.png, row); });
}

void PngWriter::publish() {
  Encoder& to = *encoder_;
  to.make([&] { png_write_end(to.png, nullptr); });
  to.file.publish();
}

void write_png(const std::filesystem::path& file, const at::Tensor& image) {
  require(image.dim() == 3 && (image.size(0) == 1 || image.size(0) == 3) &&
              image.scalar_type() == at::kByte && image.numel() > 0,
          "{}: a picture is uint8 [1 or 3 channels, height, width]; this tensor is {} [{}]", file.string(),
          toString(image.scalar_type()), fmt::join(image.sizes(), ", "));
  PngWriter writer(file, image.size(0), image.size(1), image.size(2));
  writer.append(image);
  writer.publish();
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
