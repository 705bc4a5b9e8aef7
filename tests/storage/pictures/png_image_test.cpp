#include "storage/pictures/png_image.hpp"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include "base/error.hpp"
#include "tests/support/expect_error.hpp"
#include "tests/support/temporary_folder.hpp"

namespace ganymede {
namespace {

TEST(PngImage, GreyAndColourComeBack) {
  const TemporaryFolder folder;
  for (const std::int64_t channels : {1, 3}) {
    const at::Tensor image =
        at::arange(channels * 20 * 33).remainder(251).to(at::kByte).reshape({channels, 20, 33});
    write_png(folder / "image.png", image);
    EXPECT_TRUE(at::equal(read_png(folder / "image.png"), image));
  }
}

// A 1 x 1 picture with a 16-bit grey sample 0x8080, written by hand with Python's zlib.
TEST(PngImage, SixteenBitsBecomeEight) {
  const TemporaryFolder folder;
  const std::string script = fmt::format(
      "import struct, zlib\n"
      "def chunk(kind, body): return struct.pack('>I', len(body)) + kind + body + "
      "struct.pack('>I', zlib.crc32(kind + body))\n"
      "open('{}', 'wb').write(b'\\x89PNG\\r\\n\\x1a\\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 1, 1, 16, "
      "0, 0, 0, "
      "0)) + chunk(b'IDAT', zlib.compress(b'\\0\\x80\\x80')) + chunk(b'IEND', b''))\n",
      (folder / "deep.png").string());
  write_text(folder / "write.py", script);
  ASSERT_EQ(std::system((std::string(GANYMEDE_PYTHON) + " " + (folder / "write.py").string()).c_str()), 0);
  const at::Tensor image = read_png(folder / "deep.png");
  EXPECT_EQ(image.sizes(), at::IntArrayRef({1, 1, 1}));
  EXPECT_EQ(image.item<int>(), 0x80);
}

TEST(PngImage, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  write_png(folder / "cut.png", at::arange(64 * 64).remainder(251).to(at::kByte).reshape({1, 64, 64}));
  std::filesystem::resize_file(folder / "cut.png", 200);
  expect_error<DataError>([&] { read_png(folder / "cut.png"); }, {"cut.png", "truncated"});
  write_text(folder / "text.png", "no picture");
  expect_error<DataError>([&] { read_png(folder / "text.png"); }, {"text.png", "not a PNG"});
  expect_error<UserError>([&] { read_png(folder / "missing.png"); }, {"missing.png", "No such file"});
  expect_error<UserError>(
      [&] {
        write_png(folder / "x.png", at::zeros({2, 4, 4}, at::kByte));
      },
      {"x.png", "[2, 4, 4]", "1 or 3 channels"});
}

}  // namespace
}  // namespace ganymede
