#include "data/importing/folder_importer.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <optional>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/format/dataset_writer.hpp"
#include "data/importing/bad_samples.hpp"
#include "data/importing/image_fit.hpp"
#include "data/importing/import_shape.hpp"
#include "data/importing/picture_folder.hpp"
#include "storage/pictures/image_file.hpp"

namespace ganymede {
namespace {

constexpr std::int64_t kPictureBlockBytes = std::int64_t{16} << 20;
constexpr const char* kCannotBeRead = "pictures cannot be read";

// Writes the dataset. If some pictures cannot be read, nothing is written, and all of them are in `bad`.
std::optional<DatasetIndex> write(const FolderImportOptions& options, const PictureFolder& pictures,
                                  std::vector<BadSample>& bad) {
  const ImageShape& shape = options.shape;
  const auto samples = static_cast<std::int64_t>(pictures.files.size());
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .spec = image_spec(shape, pictures.class_names),
                        .shards = options.shards});
  const std::int64_t most = std::clamp<std::int64_t>(kPictureBlockBytes / shape.pixels(), 1, 64);
  for (std::int64_t first = 0; first < samples; first += most) {
    const std::int64_t count = std::min(most, samples - first);
    const at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width}, at::kByte);
    for (std::int64_t i = 0; i < count; ++i) {
      const auto place = static_cast<std::size_t>(first + i);
      try {
        images[i].copy_(fit_image(read_image(pictures.files[place]), shape));
      } catch (const Error& error) {
        bad.push_back({.place = place, .reason = error.what()});
      }
    }
    if (!bad.empty()) continue;  // only to find the others
    at::Tensor labels;
    if (!pictures.labels.empty()) {
      labels = at::empty({count}, at::kLong);
      std::copy_n(pictures.labels.begin() + first, count, labels.mutable_data_ptr<std::int64_t>());
    }
    writer.append(images, labels);
  }
  if (!bad.empty()) return std::nullopt;
  return writer.finish();
}

// The pictures that can be read; says which are left out.
PictureFolder without(const PictureFolder& pictures, const std::vector<BadSample>& bad) {
  const std::size_t files = pictures.files.size();
  PictureFolder kept = keep_pictures(pictures, kept_places(bad, files));
  const std::string words = describe_bad(bad, files, kCannotBeRead);
  if (kept.files.empty()) throw DataError(words + "; expected at least one that can be");
  spdlog::warn("left out: {}", words);
  if (kept.class_names.size() < pictures.class_names.size())
    spdlog::warn("{} of {} classes have no pictures left and are left out",
                 pictures.class_names.size() - kept.class_names.size(), pictures.class_names.size());
  return kept;
}

}  // namespace

DatasetIndex import_folder(const FolderImportOptions& options) {
  check_asked_shape(options.shape);
  PictureFolder pictures = find_pictures(options.folder);
  for (;;) {
    std::vector<BadSample> bad;
    if (const auto index = write(options, pictures, bad)) return *index;
    if (!options.skip_bad)
      throw DataError(describe_bad(bad, pictures.files.size(), kCannotBeRead) +
                      "; replace or remove them, or leave them out with --skip-bad");
    pictures = without(pictures, bad);
  }
}

}  // namespace ganymede
