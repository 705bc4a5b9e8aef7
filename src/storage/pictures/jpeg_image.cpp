#include "storage/pictures/jpeg_image.hpp"

#include <ATen/ops/empty.h>

#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it

#include <jerror.h>
#include <jpeglib.h>

#include "base/error.hpp"
#include "storage/pictures/exif_orientation.hpp"
#include "storage/pictures/picture_size.hpp"

namespace ganymede {
namespace {

constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr unsigned kLongestMarker = 0xFFFF;

// libjpeg reports an error by a function that must not return, and C++ exceptions may not pass through C: so
// each call is one function with setjmp and without objects that need a destructor.
class JpegDecoder {
 public:
  JpegDecoder() {
    info_.err = jpeg_std_error(&error_.manager);
    error_.manager.error_exit = leave;
    error_.manager.emit_message = weigh_warning;
    jpeg_create_decompress(&info_);
  }
  ~JpegDecoder() { jpeg_destroy_decompress(&info_); }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // Both return false with a message.
  bool read_header(std::span<const std::uint8_t> bytes) {
    if (setjmp(error_.back)) return false;
    jpeg_save_markers(&info_, kExifMarker, kLongestMarker);
    jpeg_mem_src(&info_, bytes.data(), bytes.size());
    jpeg_read_header(&info_, TRUE);
    orientation_ = find_orientation();
    return !error_.ended_early;
  }
  // Into [height, width, channels].
  bool read_pixels(std::uint8_t* out) {
    if (setjmp(error_.back)) return false;
    info_.out_color_space = channels() == 1 ? JCS_GRAYSCALE : channels() == 3 ? JCS_RGB : JCS_CMYK;
    jpeg_start_decompress(&info_);
    while (info_.output_scanline < info_.output_height) {
      JSAMPROW row = out + std::size_t{info_.output_scanline} * info_.output_width * channels();
      jpeg_read_scanlines(&info_, &row, 1);
    }
    const bool complete = has_all_scans();
    jpeg_finish_decompress(&info_);
    return complete || !error_.ended_early;
  }

  std::int64_t width() const { return info_.image_width; }
  std::int64_t height() const { return info_.image_height; }
  // 4 is CMYK, which libjpeg does not turn into RGB.
  unsigned channels() const { return static_cast<unsigned>(info_.num_components); }
  const char* message() const { return error_.message; }

  int orientation() const { return orientation_; }

 private:
  struct ErrorState {
    jpeg_error_mgr manager;  // first, so that libjpeg's pointer to it is one to this
    std::jmp_buf back;
    char message[JMSG_LENGTH_MAX];
    bool ended_early;  // without the marker of the end
  };

  // The marker of EXIF data is that of other data, too.
  int find_orientation() const {
    constexpr std::string_view prefix("Exif\0\0", 6);
    for (const jpeg_marker_struct* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const std::span<const std::uint8_t> data(marker->data, marker->data_length);
      if (data.size() > prefix.size() && std::equal(prefix.begin(), prefix.end(), data.begin()))
        return exif_orientation(data.subspan(prefix.size()));
    }
    return 1;
  }

  static void leave(j_common_ptr info) {
    auto* error = reinterpret_cast<ErrorState*>(info->err);
    info->err->format_message(info, error->message);
    std::longjmp(error->back, 1);
  }
  // libjpeg warns where data are missing or damaged, and fills in grey; viewers show that, a dataset must not
  // have it. What follows is said of whole pictures too, such as those of some cameras.
  static void weigh_warning(j_common_ptr info, int level) {
    if (level >= 0) return;  // a trace
    auto* error = reinterpret_cast<ErrorState*>(info->err);
    switch (info->err->msg_code) {
      case JWRN_ADOBE_XFORM:
      case JWRN_EXTRANEOUS_DATA:
      case JWRN_JFIF_MAJOR:
      case JWRN_NOT_SEQUENTIAL:
        return;
      case JWRN_JPEG_EOF:
        // Perhaps nothing but the marker of the end is missing: another warning follows if pixels are.
        error->ended_early = true;
        info->err->format_message(info, error->message);
        return;
      default:
        leave(info);
    }
  }

  // Whether all is there although the marker of the end is missing. Of a file in one scan, missing pixels
  // would have made another warning; of one in several, all bits of all coefficients must have come.
  bool has_all_scans() {
    if (info_.arith_code) return false;  // reads zeros beyond the end, without a word
    if (!jpeg_has_multiple_scans(&info_)) return true;
    if (info_.coef_bits == nullptr) return false;
    for (int component = 0; component < info_.num_components; ++component)
      for (const int missing_bits : std::span(info_.coef_bits[component], DCTSIZE2))
        if (missing_bits != 0) return false;
    return true;
  }

  jpeg_decompress_struct info_{};
  ErrorState error_{};
  int orientation_ = 1;
};

[[noreturn]] void throw_corrupt(const JpegDecoder& decoder, const std::filesystem::path& file) {
  throw DataError(
      fmt::format("{}: the JPEG file is truncated or corrupt ({})", file.string(), decoder.message()));
}

// [height, width, 4] to [height, width, 3]. What printers call 255 of an ink is 0 in the file: Adobe's
// programs began it, and viewers take all such files so.
at::Tensor rgb_of_inverted_cmyk(const at::Tensor& cmyk) {
  const at::Tensor rgb = at::empty({cmyk.size(0), cmyk.size(1), 3}, at::kByte);
  const std::uint8_t* in = cmyk.const_data_ptr<std::uint8_t>();
  std::uint8_t* out = rgb.mutable_data_ptr<std::uint8_t>();
  for (const std::uint8_t* end = in + cmyk.numel(); in != end; in += 4, out += 3)
    for (int channel = 0; channel < 3; ++channel)
      out[channel] = static_cast<std::uint8_t>((in[channel] * in[3] + 127) / 255);
  return rgb;
}

}  // namespace

at::Tensor decode_jpeg(std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
  JpegDecoder decoder;
  if (!decoder.read_header(bytes)) throw_corrupt(decoder, file);
  check_picture_size(static_cast<std::uint64_t>(decoder.width()),
                     static_cast<std::uint64_t>(decoder.height()), file);
  const unsigned channels = decoder.channels();
  if (channels != 1 && channels != 3 && channels != 4)
    throw DataError(fmt::format("{}: the JPEG file has {} colours; expected 1 (grey), 3 (RGB) or 4 (CMYK)",
                                file.string(), channels));
  at::Tensor rows = at::empty({decoder.height(), decoder.width(), channels}, at::kByte);
  if (!decoder.read_pixels(rows.mutable_data_ptr<std::uint8_t>())) throw_corrupt(decoder, file);
  if (channels == 4) rows = rgb_of_inverted_cmyk(rows);
  return turn_upright(rows.permute({2, 0, 1}), decoder.orientation()).contiguous();
}

}  // namespace ganymede
