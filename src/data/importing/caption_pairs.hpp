// Pairs of an image and a caption, as COCO's captions_*.json lists them (Chen et al. 2015, "Microsoft COCO
// Captions").
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/importing/bad_samples.hpp"

namespace ganymede {

struct CaptionPair {
  std::int64_t image = 0;  // its id
  std::filesystem::path file;
  std::vector<std::string> words = {};
};

struct CaptionPairs {
  // An image with several captions is as many pairs. In the order of the images' ids, then of the
  // annotations', then of the captions, whatever the order in the file.
  std::vector<CaptionPair> pairs;
  // What is no pair: captions of no image or without words, images without captions. Their places follow
  // those of the pairs.
  std::vector<BadSample> bad = {};
};

// captions: {"images": [{"id", "file_name"}, ...], "annotations": [{"image_id", "caption", "id" or not},
// ...]}; file names are below `images`. Throws DataError, with the place in the file, if it is something
// else, or an id is there twice.
CaptionPairs read_caption_pairs(const std::filesystem::path& captions, const std::filesystem::path& images);

}  // namespace ganymede
