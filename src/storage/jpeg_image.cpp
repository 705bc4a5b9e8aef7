#include "storage/jpeg_image.hpp"

#include <ATen/ops/empty.h>

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.hpp"
#include "storage/picture_size.hpp"

namespace ganymede {
namespace {

// libjpeg reports an error by a function that must not return, and C++ exceptions may not pass through C: so
// each call is one function with setjmp and without objects that need a destructor.
class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&error_.manager);
    error_.manager.error_exit = leave;
    error_.manager.emit_message = leave_on_warning;
    jpeg_create_decompress(&info_);
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // Both return false with a message.
  bool read_header(std::span<const std::uint8_t> bytes) {
    if (setjmp(error_.back)) return false;
    jpeg_mem_src(&info_, bytes.data(), bytes.size());
    jpeg_read_header(&info_, TRUE);
    return true;
  }
  // Into [height, width, channels].
  bool read_pixels(std::uint8_t* out) {
    if (setjmp(error_.back)) return false;
    info_.out_color_space = channels() == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = out + std::size_t{info_.output_scanline} * info_.output_width * channels();
      jpeg_read_scanlines(&info_, &row, 1);
    }
    jpeg_finish_decompress(&info_);
    return true;
  }

  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }
  // 4 is CMYK, which libjpeg does not turn into RGB.
  unsigned channels() const { return static_cast<unsigned>(info_.num_components); }
  const char* message() const { return error_.message; }

 private:
  struct ErrorState {
    jpeg_error_mgr manager;  // first, so that libjpeg's pointer to it is one to this
    std::jmp_buf back;
    char message[JMSG_LENGTH_MAX];
  };

  static void leave(j_common_ptr info) {
    auto* error = reinterpret_cast<ErrorState*>(info->err);
    info->err->format_message(info, error->message);
    std::longjmp(error->back, 1);
  }
  // libjpeg warns of missing data and fills in grey; only superfluous bytes are harmless.
  static void leave_on_warning(j_common_ptr info, int level) {
    if (level < 0 && info->err->msg_code != JWRN_EXTRANEOUS_DATA) leave(info);
  }

  jpeg_decompress_struct info_{};
  ErrorState error_{};
};

[[noreturn]] void throw_corrupt(const JpegDecoder& decoder, const std::filesystem::path& file) {
  throw DataError(fmt::format("{}: the JPEG file is truncated or corrupt ({}); replace or remove it",
                              file.string(), decoder.message()));
}

}  // namespace

at::Tensor decode_jpeg(std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) throw_corrupt(decoder, file);
  check_picture_size(static_cast<std::uint64_t>(decoder.width()),
                     static_cast<std::uint64_t>(decoder.height()), file);
  if (decoder.channels() != 1 && decoder.channels() != 3)
    throw DataError(
        fmt::format("{}: the JPEG file has {} colours (CMYK); expected 1 (grey) or 3 (RGB): convert it",
                    file.string(), decoder.channels()));
  const at::Tensor rows = at::empty({decoder.height(), decoder.width(), decoder.channels()}, at::kByte);
  if (!decoder.read_pixels(rows.mutable_data_ptr<std::uint8_t>())) throw_corrupt(decoder, file);
  return rows.permute({2, 0, 1}).contiguous();
}

}  // namespace ganymede
