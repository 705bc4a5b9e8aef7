// PNG and JPEG files of all kinds, whole and damaged.
#include "storage/pictures/image_file.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "storage/pictures/exif_orientation.hpp"
#include "storage/pictures/png_image.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/jpeg_file.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

class ImageFile : public testing::Test {
 protected:
  // A 2 x 1 PNG of that bit depth and colour type, written by Python's zlib; `row` and `more` are Python
  // bytes.
  at::Tensor read_made_png(int depth, int colour_type, const std::string& row,
                           const std::string& more = "b''") {
    write_text(folder_ / "write.py",
               fmt::format("import struct, zlib\n"
                           "def chunk(kind, body):\n"
                           "    return struct.pack('>I', len(body)) + kind + body + "
                           "struct.pack('>I', zlib.crc32(kind + body))\n"
                           "open('{}', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', "
                           "struct.pack('>IIBBBBB', 2, 1, {}, {}, 0, 0, 0)) + {} + "
                           "chunk(b'IDAT', zlib.compress(b'\\0' + {})) + chunk(b'IEND', b''))\n",
                           (folder_ / "made.png").string(), depth, colour_type, more, row));
    EXPECT_EQ(std::system((std::string(GANYMEDE_PYTHON) + " " + (folder_ / "write.py").string()).c_str()), 0);
    return read_image(folder_ / "made.png");
  }
  // Values in the order of [channels, 1, 2].
  static void expect_pixels(const at::Tensor& image, const std::vector<int>& expected) {
    EXPECT_EQ(image.sizes(), at::IntArrayRef({static_cast<std::int64_t>(expected.size()) / 2, 1, 2}));
    EXPECT_TRUE(at::equal(image.flatten(), at::tensor(expected).to(at::kByte))) << image;
  }

  // Differs everywhere, so that nothing in it can be lost.
  static JpegPixels grey_ramp(unsigned height, unsigned width) {
    JpegPixels pixels{.height = height, .width = width, .channels = 1, .values = {}};
    for (unsigned i = 0; i < height * width; ++i)
      pixels.values.push_back(static_cast<std::uint8_t>(i * 37 % 256));
    return pixels;
  }
  static std::string exif_of(int orientation) {
    std::string exif("Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\0\0\0\0\0\0\0\0", 32);
    exif[24] = static_cast<char>(orientation);
    return exif;
  }

  TemporaryFolder folder_;
};

TEST_F(ImageFile, EveryKindOfPngBecomesGreyOrColour) {
  expect_pixels(read_made_png(8, 0, "bytes([7, 200])"), {7, 200});
  expect_pixels(read_made_png(1, 0, "bytes([0b01000000])"), {0, 255});
  expect_pixels(read_made_png(8, 2, "bytes([1, 2, 3, 4, 5, 6])"), {1, 4, 2, 5, 3, 6});
  expect_pixels(read_made_png(16, 2, "bytes([10, 10, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60])"),
                {10, 40, 20, 50, 30, 60});
  expect_pixels(read_made_png(8, 3, "bytes([1, 0])", "chunk(b'PLTE', bytes([9, 8, 7, 6, 5, 4]))"),
                {6, 9, 5, 8, 4, 7});
  // What is transparent lies over black.
  expect_pixels(read_made_png(8, 4, "bytes([7, 255, 200, 0])"), {7, 0});
  expect_pixels(read_made_png(8, 6, "bytes([1, 2, 3, 255, 4, 5, 6, 0])"), {1, 0, 2, 0, 3, 0});
}

// The stored values are mixed with black, as viewers do, not the light that they stand for.
TEST_F(ImageFile, HalfTransparentPixelsLieOverBlack) {
  const std::vector<int> expected{128, 50, 128, 25, 128, 13};
  expect_pixels(read_made_png(8, 6, "bytes([255, 255, 255, 128, 200, 100, 50, 64])"), expected);
  expect_pixels(
      read_made_png(16, 6, "bytes([v for b in (255, 255, 255, 128, 200, 100, 50, 64) for v in (b, b)])"),
      expected);
  expect_pixels(
      read_made_png(
          8, 3, "bytes([1, 0])",
          "chunk(b'PLTE', bytes([200, 100, 50, 255, 255, 255])) + chunk(b'tRNS', bytes([64, 128]))"),
      expected);
  expect_pixels(read_made_png(8, 4, "bytes([255, 128, 200, 64])"), {128, 50});
  expect_pixels(read_made_png(16, 4, "bytes([255, 255, 128, 128, 200, 200, 64, 64])"), {128, 50});
  expect_pixels(read_made_png(8, 0, "bytes([7, 9])", "chunk(b'tRNS', bytes([0, 7]))"), {0, 9});
  expect_pixels(read_made_png(8, 6, "bytes([255, 255, 255, 128, 200, 100, 50, 64])",
                              "chunk(b'gAMA', struct.pack('>I', 45455))"),
                expected);
}

TEST_F(ImageFile, PngsAreTurnedUprightByTheirExif) {
  const at::Tensor image =
      read_made_png(8, 0, "bytes([7, 9])",
                    "chunk(b'eXIf', b'MM\\0*\\0\\0\\0\\x08\\0\\1\\1\\x12\\0\\3\\0\\0\\0\\1\\0\\x08\\0\\0')");
  EXPECT_TRUE(at::equal(image, at::tensor({9, 7}).to(at::kByte).reshape({1, 2, 1}))) << image;
}

TEST_F(ImageFile, TheContentsDecideNotTheName) {
  const at::Tensor image = at::arange(12).to(at::kByte).reshape({1, 3, 4});
  write_png(folder_ / "picture.jpg", image);
  EXPECT_TRUE(at::equal(read_image(folder_ / "picture.jpg"), image));
  write_text(folder_ / "text.png", "no picture");
  expect_error<DataError>([&] { read_image(folder_ / "text.png"); },
                          {"text.png: byte 0: neither the signature of PNG nor of JPEG", "10 bytes"});
  write_text(folder_ / "empty.png", "");
  expect_error<DataError>([&] { read_image(folder_ / "empty.png"); }, {"empty.png: byte 0", "0 bytes"});
  expect_error<UserError>([&] { read_image(folder_ / "missing.png"); }, {"missing.png", "No such file"});
}

TEST_F(ImageFile, JpegsComeBackInTheirColour) {
  for (const std::vector<std::uint8_t>& colour :
       {std::vector<std::uint8_t>{130}, std::vector<std::uint8_t>{200, 30, 90}}) {
    write_plain_jpeg(folder_ / "plain.jpg", 20, 33, colour);
    const at::Tensor image = read_image(folder_ / "plain.jpg");
    ASSERT_EQ(image.sizes(), at::IntArrayRef({static_cast<std::int64_t>(colour.size()), 20, 33}));
    for (std::size_t channel = 0; channel < colour.size(); ++channel) {
      // One rounding to YCbCr and one back.
      const at::Tensor error =
          image[static_cast<std::int64_t>(channel)].to(at::kLong).sub(colour[channel]).abs();
      EXPECT_LE(error.max().item<int>(), 2);
    }
  }
}

TEST_F(ImageFile, DamagedJpegsAreNamed) {
  const fs::path file = folder_ / "cut.jpg";
  for (const bool progressive : {false, true}) {
    write_jpeg(file, grey_ramp(64, 64), {.progressive = progressive});
    const std::string whole = read_text(file);
    for (const std::size_t bytes : {whole.size() - 3, whole.size() - 40, std::size_t{30}, std::size_t{3}}) {
      write_text(file, whole.substr(0, bytes));
      expect_error<DataError>([&] { read_image(file); }, {"cut.jpg: the JPEG file is truncated or corrupt"});
    }
  }
  // A whole scan is missing, and nothing in the others says so.
  write_jpeg(file, grey_ramp(64, 64), {.progressive = true});
  const std::string whole = read_text(file);
  write_text(file, whole.substr(0, whole.rfind("\xFF\xDA")));
  expect_error<DataError>([&] { read_image(file); }, {"cut.jpg: the JPEG file is truncated or corrupt"});
}

// Cameras, phones and old programs write these; every viewer opens them.
TEST_F(ImageFile, HarmlessFaultsOfJpegsAreForgiven) {
  const fs::path file = folder_ / "odd.jpg";
  const auto expect_read = [&](const std::string& bytes, const at::Tensor& expected) {
    write_text(file, bytes);
    EXPECT_TRUE(at::equal(read_image(file), expected));
  };
  for (const bool progressive : {false, true}) {
    write_jpeg(file, grey_ramp(24, 40), {.progressive = progressive});
    const std::string whole = read_text(file);
    const at::Tensor image = read_image(file);
    expect_read(whole.substr(0, whole.size() - 2), image);                   // no marker of the end
    expect_read(whole.substr(0, whole.size() - 1), image);                   // half of it
    expect_read(whole + std::string(1000, 'x'), image);                      // more behind it
    expect_read(whole.substr(0, whole.size() - 2) + "more\xFF\xD9", image);  // or before it
    const auto edited = [&](const std::string& marker, std::size_t offset, char value) {
      std::string bytes = whole;
      bytes[bytes.find(marker) + offset] = value;
      return bytes;
    };
    expect_read(edited("JFIF", 5, 9), image);  // a revision that nobody knows
    // 2 bytes of marker, 2 of length, 1 + 2 of the one component, then the last coefficient of the scan: 63.
    if (!progressive) expect_read(edited("\xFF\xDA", 8, 0), image);
  }
}

TEST_F(ImageFile, FourColoursBecomeThree) {
  // Inverted, as Adobe's programs write them: 255 is no ink.
  for (const bool ycck : {false, true}) {
    write_plain_jpeg(folder_ / "print.jpg", 8, 16, {200, 100, 50, 128}, {.ycck = ycck});
    const at::Tensor image = read_image(folder_ / "print.jpg");
    ASSERT_EQ(image.sizes(), at::IntArrayRef({3, 8, 16}));
    const std::vector<int> expected{100, 50, 25};
    for (std::int64_t channel = 0; channel < 3; ++channel)
      EXPECT_LE(image[channel]
                    .to(at::kLong)
                    .sub(expected[static_cast<std::size_t>(channel)])
                    .abs()
                    .max()
                    .item<int>(),
                1)
          << ycck << image[channel];
  }
}

TEST_F(ImageFile, JpegsAreTurnedUprightByTheirExif) {
  write_jpeg(folder_ / "plain.jpg", grey_ramp(8, 16), {});
  const at::Tensor stored = read_image(folder_ / "plain.jpg");
  for (int orientation = 1; orientation <= 8; ++orientation) {
    // Another marker of the same number stands before.
    write_jpeg(folder_ / "held.jpg", grey_ramp(8, 16),
               {.application_data = {"http://ns.adobe.com/xap/1.0/", exif_of(orientation)}});
    EXPECT_TRUE(at::equal(read_image(folder_ / "held.jpg"), turn_upright(stored, orientation)))
        << orientation;
  }
}

TEST_F(ImageFile, BombsAreRefusedByTheirHeaders) {
  write_png(folder_ / "bomb.png", at::arange(16).to(at::kByte).reshape({1, 4, 4}));
  const std::string png = read_text(folder_ / "bomb.png");
  const auto expect_refused = [&](const std::string& width_and_height, const std::string& words) {
    write_text(folder_ / "bomb.png", png.substr(0, 16) + width_and_height + png.substr(24));
    expect_error<DataError>([&] { read_image(folder_ / "bomb.png"); },
                            {"bomb.png: the header announces " + words});
  };
  expect_refused(std::string("\0\x0F\x42\x40\0\x0F\x42\x40", 8),
                 "1000000 x 1000000 pixels; expected 1 to 64000000");
  expect_refused("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "4294967295 x 4294967295 pixels");
  expect_refused(std::string("\0\0\0\0\0\0\0\1", 8), "0 x 1 pixels");

  write_plain_jpeg(folder_ / "bomb.jpg", 8, 8, {5});
  std::string jpeg = read_text(folder_ / "bomb.jpg");
  const std::size_t frame = jpeg.find("\xFF\xC0");  // then 2 bytes of length, 1 of precision, height, width
  ASSERT_NE(frame, std::string::npos);
  jpeg.replace(frame + 5, 4, "\xFF\xDC\xFF\xDC");
  write_text(folder_ / "bomb.jpg", jpeg);
  expect_error<DataError>([&] { read_image(folder_ / "bomb.jpg"); },
                          {"bomb.jpg: the header announces 65500 x 65500 pixels"});
}

}  // namespace
}  // namespace ganymede
