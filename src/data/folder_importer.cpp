#include "data/folder_importer.hpp"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/logging.hpp"
#include "data/dataset_writer.hpp"
#include "data/image_fit.hpp"
#include "storage/image_file.hpp"

namespace ganymede {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLargestSide = 16384;
constexpr std::int64_t kBlockBytes = std::int64_t{16} << 20;

bool is_picture(const fs::path& file) {
  std::string extension = file.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension == ".png" || extension == ".jpg" || extension == ".jpeg";
}

struct Listing {
  std::vector<fs::path> pictures, folders, others;  // each sorted by name
};

Listing list(const fs::path& folder) {
  Listing listing;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().filename().string().starts_with('.')) continue;
    std::error_code ignored;
    if (entry->is_directory(ignored))
      listing.folders.push_back(entry->path());
    else
      (is_picture(entry->path()) ? listing.pictures : listing.others).push_back(entry->path());
  }
  require(!error, "{}: cannot list the folder ({})", folder.string(), error.message());
  for (auto* paths : {&listing.pictures, &listing.folders, &listing.others})
    std::sort(paths->begin(), paths->end());
  if (!listing.others.empty())
    spdlog::warn("{}: left out what is neither PNG nor JPEG by its name: {} in all, such as {}",
                 folder.string(), listing.others.size(), listing.others.front().filename().string());
  return listing;
}

struct Pictures {
  std::vector<fs::path> files;
  std::vector<std::int64_t> labels = {};  // [file]; empty without classes
  std::vector<std::string> class_names = {};
};

Pictures find_pictures(const fs::path& folder) {
  require(fs::is_directory(folder), "{}: no such folder; expected one of PNG and JPEG pictures",
          folder.string());
  const Listing top = list(folder);
  if (top.pictures.empty() && top.folders.empty())
    throw DataError(
        fmt::format("{}: no PNG or JPEG pictures; expected some, or sub-folders with some, one a class",
                    folder.string()));
  if (!top.pictures.empty() && !top.folders.empty())
    throw DataError(fmt::format(
        "{}: it has both pictures ({}) and sub-folders ({}); expected pictures, or one "
        "sub-folder a class",
        folder.string(), top.pictures.front().filename().string(), top.folders.front().filename().string()));
  Pictures pictures{.files = top.pictures};
  for (const fs::path& class_folder : top.folders) {
    const Listing inside = list(class_folder);
    if (!inside.folders.empty())
      throw DataError(fmt::format("{}: a folder in the folder of a class; expected pictures only",
                                  inside.folders.front().string()));
    if (inside.pictures.empty())
      throw DataError(fmt::format("{}: no PNG or JPEG pictures; expected some, as each sub-folder is a class",
                                  class_folder.string()));
    const auto label = static_cast<std::int64_t>(pictures.class_names.size());
    pictures.files.insert(pictures.files.end(), inside.pictures.begin(), inside.pictures.end());
    pictures.labels.insert(pictures.labels.end(), inside.pictures.size(), label);
    pictures.class_names.push_back(class_folder.filename().string());
  }
  return pictures;
}

}  // namespace

DatasetIndex import_folder(const FolderImportOptions& options) {
  const ImageShape& shape = options.shape;
  require(shape.channels == 1 || shape.channels == 3, "the number of channels is {}; expected 1 or 3",
          shape.channels);
  require(
      shape.height >= 1 && shape.height <= kLargestSide && shape.width >= 1 && shape.width <= kLargestSide,
      "the images are {} x {} (height x width); expected sides of 1 to {}", shape.height, shape.width,
      kLargestSide);
  const Pictures pictures = find_pictures(options.folder);
  const auto samples = static_cast<std::int64_t>(pictures.files.size());
  DatasetWriter writer({.folder = options.out,
                        .samples = samples,
                        .shape = shape,
                        .class_names = pictures.class_names,
                        .shards = options.shards});
  const std::int64_t most = std::clamp<std::int64_t>(kBlockBytes / shape.pixels(), 1, 64);
  for (std::int64_t first = 0; first < samples; first += most) {
    const std::int64_t count = std::min(most, samples - first);
    const at::Tensor images = at::empty({count, shape.channels, shape.height, shape.width}, at::kByte);
    for (std::int64_t i = 0; i < count; ++i)
      images[i].copy_(fit_image(read_image(pictures.files[static_cast<std::size_t>(first + i)]), shape));
    at::Tensor labels;
    if (!pictures.labels.empty()) {
      labels = at::empty({count}, at::kLong);
      std::copy_n(pictures.labels.begin() + first, count, labels.mutable_data_ptr<std::int64_t>());
    }
    writer.append(images, labels);
  }
  return writer.finish();
}

}  // namespace ganymede
