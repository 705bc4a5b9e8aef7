// Imports images with captions: a file as COCO's captions_*.json, and a folder of pictures, PNG and JPEG.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "data/format/dataset_index.hpp"

namespace ganymede {

struct CocoImportOptions {
  std::filesystem::path captions;  // plain or gzip
  std::filesystem::path images;    // folder of the file names in it
  std::filesystem::path out;       // must not exist
  ImageShape shape = {};           // that all pictures get (image_fit.hpp); 1 or 3 channels
  int shards = 1;
  bool skip_bad = false;  // leave out pairs that cannot be used
  // Words of the longest caption: what longer ones have beyond is cut off. By default as in the file.
  std::optional<std::int64_t> longest = {};
  std::int64_t least_count = 1;  // words that occur less often are left out of captions
  // Name or folder of a dataset whose vocabulary and longest caption this one gets, instead of the two above:
  // so are samples that are held out of that one's. Words that it lacks are errors.
  std::optional<std::filesystem::path> vocabulary = {};
};

// Each pair of an image and a caption is a sample (caption_pairs.hpp says in which order): an image with five
// captions is stored five times. Words are numbered from 1 by how often they occur, the most frequent first.
// Throws UserError for a wrong option or path, DataError for a file that is something else, or with all pairs
// that cannot be used: captions of no image or without words, images without a caption or that cannot be
// read, unknown words. With skip_bad these are left out with a warning. A failed import leaves nothing
// behind.
DatasetIndex import_coco(const CocoImportOptions& options);

}  // namespace ganymede
